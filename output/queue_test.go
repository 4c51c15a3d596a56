package output

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func picture(n int64, key bool) *media.Packet {
	return &media.Packet{Kind: media.Video, DTS: n, Key: key, Units: [][]byte{{1}}}
}

func sound(n int64) *media.Packet {
	return &media.Packet{Kind: media.Audio, DTS: n, Key: true, Units: [][]byte{{1}}}
}

// drain takes out what next gives until there is nothing or a cut.
func drain(q *queue) (times []int64, cut bool) {
	for {
		p, cut := q.next()
		if p == nil {
			return times, cut
		}
		times = append(times, p.DTS)
	}
}

func TestQueueOpensWithAKeyframe(t *testing.T) {
	q := newQueue(10)
	q.offer(picture(1, true)) // shut
	q.begin()
	for _, p := range []*media.Packet{sound(2), picture(3, false), picture(4, true), sound(5), picture(6, false)} {
		require.False(t, q.offer(p))
	}
	got, _ := drain(q)
	require.Equal(t, []int64{4, 5, 6}, got)
	require.Zero(t, q.shedSoFar(), "what came before the first keyframe is not the server's fault")
}

func TestFullQueueKeepsTheLastGroup(t *testing.T) {
	q := newQueue(4)
	q.begin()
	for n, key := range []bool{true, false, true, false} {
		q.offer(picture(int64(n), key))
		q.offer(sound(int64(n)))
	}
	require.False(t, q.offer(picture(4, false)), "there is a keyframe to go on with")
	got, _ := drain(q)
	require.Equal(t, []int64{2, 2, 3, 3, 4}, got)
	require.EqualValues(t, 4, q.shedSoFar())

	for n := range int64(4) {
		q.offer(picture(10+n, false))
	}
	require.True(t, q.offer(picture(14, false)), "a keyframe is asked for")
	q.offer(sound(15))
	q.offer(picture(16, true))
	got, _ = drain(q)
	require.Equal(t, []int64{16}, got)
	require.EqualValues(t, 4+5+1, q.shedSoFar())
}

// The place where the next session begins survives a full queue.
func TestCutSurvivesOverflow(t *testing.T) {
	q := newQueue(4)
	q.begin()
	q.offer(picture(0, true))
	q.renew()
	q.offer(picture(1, false))
	q.offer(picture(2, true)) // the cut
	q.offer(picture(3, false))
	q.offer(picture(4, false)) // full: 0 and 1 go
	got, cut := drain(q)
	require.Empty(t, got)
	require.True(t, cut)
	q.begin()
	got, cut = drain(q)
	require.Equal(t, []int64{2, 3, 4}, got)
	require.False(t, cut)

	q.renew()
	q.offer(picture(5, true)) // the cut
	for n := range int64(4) {
		q.offer(picture(6+n, false))
	}
	got, cut = drain(q)
	require.Empty(t, got)
	require.False(t, cut, "the cut went with the rest")
	q.offer(picture(20, true))
	_, cut = drain(q)
	require.True(t, cut, "and is made at the next keyframe")
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	q := newQueue(1000)
	q.begin()
	for n := range int64(100) {
		p := picture(n, n == 0)
		p.Units = [][]byte{make([]byte, 1<<20)}
		q.offer(p)
	}
	require.LessOrEqual(t, q.bytes, maxQueueBytes)
}
