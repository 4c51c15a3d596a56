package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// millis24 and millis31 are where RTMP's time needs another field, and where Ant
// Media Server's time is full: by the clock of a session, 4 h 40 min and 24 d 20 h.
const (
	millis24 = 1 << 24 * time.Millisecond
	millis31 = 1 << 31 * time.Millisecond
)

// aged is a channel whose first session is as old as said.
func aged(t *testing.T, ams *airtest.AntMedia, id string, age time.Duration, output string) *published {
	t.Helper()
	ams.Create(id, map[string]any{"mp4Enabled": 1})
	p := &published{t: t, id: id, clips: airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3), machine: airtest.Watch(), sessions: 1}
	p.Channel = airtest.Airloom(t, airtest.Setup{Items: airtest.Items(p.clips...), Args: []string{"--session-age", age.String()},
		Sections: map[string]string{"output": output}})
	p.Publishing(10 * time.Second)
	airtest.Eventually(t, 15*time.Second, "its HLS is there", func() bool { return ams.Playlist(id) != "" })
	p.viewer = airtest.View(t, ams.HLS(id))
	return p
}

// A session's clock passes 2^24 ms: to viewers and in the recording it is one piece.
func TestAMSRow5Extended(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	p := aged(t, ams, "row5a", millis24-12*time.Second, fmt.Sprintf("{url: %q}", ams.URL("row5a")))
	airtest.Stay(t, 30*time.Second, func() string { return ended(p.Channel) })
	require.Equal(t, int64(1), lastStatus(t, p.Channel).Output.Sessions)
	p.wentOn(1)
	p.recorded(ams, 1, 28*time.Second)
}

// A session that comes near 2^31 ms is renewed: by the operator's renew_after, and
// where that would be later, by our own limit.
func TestAMSRow5Renewed(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	p := aged(t, ams, "row5b", millis31-time.Hour-12*time.Second, fmt.Sprintf("{url: %q, renew_after: 596h}", ams.URL("row5b")))
	p.Until(30*time.Second, "the session is renewed", func(s control.Status) bool { return s.Output.Sessions == 2 })
	airtest.Stay(t, 15*time.Second, func() string { return ended(p.Channel) })
	p.wentOn(2, 2*time.Second)
	p.recorded(ams, 2, 11*time.Second)
}

// recorded judges the recordings of so many sessions, each of at least the given length.
func (p *published) recorded(ams *airtest.AntMedia, sessions int, least time.Duration) {
	p.t.Helper()
	excuse := airtest.ExcuseOf(lastStatus(p.t, p.Channel), p.machine.Others())
	_, code := p.Stop()
	require.Zero(p.t, code)
	airtest.Eventually(p.t, 20*time.Second, p.id+" is recorded", func() bool { return len(ams.Recordings(p.id)) >= sessions })
	require.Len(p.t, ams.Recordings(p.id), sessions)
	for _, path := range ams.Recordings(p.id) {
		r := airtest.AnalyseFile(p.t, path, p.clips, airtest.DefaultHouse)
		r.Excuse = excuse
		p.t.Logf("%s: recorded %d pictures, sound from %v to %v", p.id, len(r.Pictures), r.Sums().FitMin, r.Sums().FitMax)
		require.Greater(p.t, len(r.Pictures)+int(excuse.Skipped), int(least/(40*time.Millisecond)))
		r.RequireWhole(p.t)
		r.RequireOrder(p.t, p.clips)
		r.RequireJoins(p.t)
		r.RequireTogether(p.t, aacFrame, 2)
	}
}
