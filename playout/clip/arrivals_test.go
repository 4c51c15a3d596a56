package clip

import (
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// arriving is a demuxer of a picture's track and a sound's, in milliseconds, to
// which packets come.
type arriving struct {
	*demux
	began time.Time
}

func newArriving(t *testing.T) *arriving {
	tb := media.Rational{Num: 1, Den: 1000}
	d := &arriving{&demux{jumps: jumps{forward: 1, back: 1}, pump: &pump{}}, time.Unix(1e9, 0)}
	for i := range 2 {
		d.tracks = append(d.tracks, &track{index: i, tb: tb, sound: i == 1, next: noPTS, shown: noPTS, lag: never, each: 40_000})
	}
	d.pump.began = d.began
	t.Cleanup(func() {
		for _, track := range d.tracks {
			d.forget(track)
		}
	})
	return d
}

// comes has a packet come at a time, both in ms, and returns its time as it is
// played.
func (d *arriving) comes(index int, pts, at int64) int64 {
	p := newPacket()
	if err := p.FromData([]byte{0}); err != nil {
		panic(err)
	}
	p.SetStreamIndex(index)
	p.SetFlags(p.Flags().Add(astiav.PacketFlagKey))
	p.SetPts(pts)
	p.SetDts(pts)
	if pts != noPTS {
		p.SetDuration(40)
	}
	d.sort(arrival{p, d.began.Add(time.Duration(at) * time.Millisecond)})
	return p.Pts()
}

// Pictures that have no time get the one at which they came, and go on evenly.
func TestTimesThatAreMissing(t *testing.T) {
	d := newArriving(t)
	require.EqualValues(t, 100, d.comes(0, 100, 0))
	require.EqualValues(t, 140, d.comes(0, noPTS, 40), "40 ms later")
	require.EqualValues(t, 195, d.comes(0, noPTS, 95), "55 ms later")
	require.EqualValues(t, 220, d.comes(0, 220, 120))
	require.EqualValues(t, 20, d.comes(1, noPTS, 20), "nothing is known but that it came")
	require.EqualValues(t, 5000+220, d.comes(0, 5000+220, 5120), "a gap")
	require.EqualValues(t, 5260, d.comes(0, 90_000, 5160), "its clock jumps")
	require.EqualValues(t, 5300, d.comes(0, noPTS, 5200), "one that has none goes on from there")
	require.EqualValues(t, 5340, d.comes(0, 90_080, 5240))
	at, ok := d.grid(40_000)
	require.True(t, ok)
	require.InDelta(t, 20_000, at%40_000, 3000, "as most pictures lie, in spite of the one that came late")
}

// Where the sender's reports come late, pictures go on as they were, and sound goes
// to where the reports have it.
func TestReportsThatComeLate(t *testing.T) {
	d := newArriving(t)
	for i := range int64(50) {
		d.comes(0, i*40, 1000+i*40+40)
		d.comes(1, 700+i*40, 1000+i*40)
	}
	d.align()
	require.EqualValues(t, 2000, d.comes(0, 2000, 3040))
	require.EqualValues(t, 2000, d.comes(1, 2700, 3000), "as it came")
	d.report(d.tracks[0], packetAt(t, 5040))
	require.EqualValues(t, 2040, d.comes(0, 5040, 3080), "no jump")
	d.report(d.tracks[1], packetAt(t, 5070))
	require.EqualValues(t, 2070, d.comes(1, 5070, 3040), "by the reports: 30 ms after the picture")
	require.EqualValues(t, 2080, d.comes(0, 5080, 3120))
}

func packetAt(t *testing.T, pts int64) *astiav.Packet {
	p := newPacket()
	t.Cleanup(func() { freePacket(p) })
	p.SetPts(pts)
	p.SetDts(pts)
	return p
}
