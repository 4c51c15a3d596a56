package worker

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// FuzzRecords lets a child say anything at all: the keeper must find a reason to
// stop, and nothing may be left of it.
func FuzzRecords(f *testing.F) {
	say := func(recs ...record) (b []byte) {
		for _, r := range recs {
			head := make([]byte, headSize)
			r.put(head)
			b = append(append(b, head...), make([]byte, r.body%64)...)
		}
		return b
	}
	greeting, err := withBody(recHello, hello{Protocol: protocol})
	require.NoError(f, err)
	info, err := withBody(recInfo, media.ClipInfo{Ticks: 3, Notes: []string{"odd"}})
	require.NoError(f, err)
	failing, err := withBody(recFault, fault{Kind: "whatever"})
	require.NoError(f, err)
	tick := record{kind: recTick, samples: uint32(samplesOf(small, 0))}
	f.Add(append(append(greeting, info...), say(tick, record{kind: recEnd})...))
	f.Add(append(greeting, say(tick, tick)...))
	f.Add(append(greeting, failing...))
	f.Add(say(record{kind: recHello, body: 7}))

	op := NewOpener(Options{House: small})
	f.Fuzz(func(t *testing.T, said []byte) {
		records, w, err := os.Pipe()
		require.NoError(t, err)
		_, err = w.Write(said[:min(len(said), 60<<10)]) // what a pipe holds
		require.NoError(t, err)
		require.NoError(t, w.Close())
		defer records.Close()

		c := newClip(op, script("ok"), media.Start{})
		r, file, err := newRing(op.o.House, op.layout, op.slots, func([]byte) {})
		require.NoError(t, err)
		require.NoError(t, file.Close())
		for i := range r.slots {
			r.free(i)
		}
		require.Error(t, c.read(&child{clip: c, records: records}, r))
		require.NoError(t, c.Close())
		r.unref()
		require.Zero(t, rings.Load())
		require.Zero(t, media.Live.Pictures.Load())
	})
}
