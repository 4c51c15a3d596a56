package probe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// Who looks at a folder is told of what has changed, and of nothing else; a file that
// stalls rests, and is not looked at again and again.
func TestTold(t *testing.T) {
	b := pretender(t)
	var told []string
	b.OnLook(func(source string) { told = append(told, source) })
	changed := time.Unix(1_700_000_000, 0)
	now := version{100, changed.UnixNano()}
	require.Equal(t, Checking, b.About("a.mp4", 100, changed).Known)
	j := b.take(1)[0]
	b.found(j, answer{Version: now, Ticks: 50, Made: &media.Streams{}})
	require.Equal(t, []string{"a.mp4"}, told)
	require.Equal(t, Good, b.About("a.mp4", 100, changed).Known)
	b.found(j, answer{Same: true})
	require.Len(t, told, 1, "nothing has changed")

	changed = changed.Add(time.Second)
	require.Equal(t, Checking, b.About("a.mp4", 100, changed).Known)
	j = b.take(1)[0]
	b.found(j, answer{Kind: media.FaultStalled, Fault: "it does not answer"})
	require.Len(t, told, 2)
	about := b.About("a.mp4", 100, changed)
	require.Equal(t, Unknown, about.Known)
	require.Equal(t, "it does not answer", about.Problem)
	require.Nil(t, b.take(1), "it rests")
}
