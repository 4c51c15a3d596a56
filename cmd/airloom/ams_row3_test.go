package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// somebody has the stream id that a channel is to publish as: that is said, and
// nobody is driven off, unless the operator wants it so.
func TestAMSRow3SomebodyElse(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	clip := airtest.Clips(t, airtest.Plain1)[0]
	airtest.Send(t, clip, "-f", "flv", ams.URL("row3"))
	airtest.Eventually(t, 15*time.Second, "the other publishes", func() bool {
		b, _ := ams.Broadcast("row3")
		return b.Status == "broadcasting" && b.ReceivedBytes > 0 // its start is set again with its first media
	})
	first, _ := ams.Broadcast("row3")
	channel := func(takeover bool) *airtest.Channel {
		return airtest.Airloom(t, airtest.Setup{Output: ams.URL("row3"), Items: airtest.Items(clip),
			Sections: map[string]string{"antmedia": fmt.Sprintf("{api: %q, takeover: %t}", ams.API(), takeover)}})
	}
	inUse := func(s control.Status) bool { return s.Output.Cause == "id-in-use" }

	polite := channel(false)
	polite.Until(10*time.Second, "the cause is known", inUse)
	airtest.Stay(t, 5*time.Second, func() string {
		if s, ok := polite.Status(); ok && !inUse(s) {
			return "the cause is now " + s.Output.Cause
		}
		return ended(polite)
	})
	s := lastStatus(t, polite)
	t.Log(s.Output.LastError)
	require.Regexp(t, `^the server refused the stream: somebody else sends under this stream id, for \d+s now \(since 20.* UTC\)`, s.Output.LastError)
	require.Zero(t, s.Output.Sessions)
	require.Equal(t, 1, polite.Logged(`somebody else sends under this stream id.* cause=id-in-use`), "in the log, once")
	b, _ := ams.Broadcast("row3")
	require.Equal(t, first.StartTime, b.StartTime, "the other has not been disturbed")

	bold := channel(true)
	took := bold.Publishing(10 * time.Second)
	t.Logf("taken over after %v", took)
	require.Equal(t, 1, bold.Logged("taking the stream id over"))
	began, _ := ams.Broadcast("row3")
	require.NotEqual(t, first.StartTime, began.StartTime)
	airtest.Stay(t, 6*time.Second, func() string { return ended(bold) })
	require.Equal(t, int64(1), lastStatus(t, bold).Output.Sessions, "the polite one does not fight for it")
	require.True(t, inUse(lastStatus(t, polite)))

	bold.Stop()
	airtest.Judge(t, "publishing after the id is free", polite.Publishing(10*time.Second), 3*time.Second, 0)
	require.Zero(t, polite.Logged("stopping it"), "it never took another's session for its own")
}
