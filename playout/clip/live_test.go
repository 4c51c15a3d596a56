package clip

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// A source that sends no keyframe is told before the channel gives it up: after 12 s.
func TestNoKeyframeIsToldInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reader{ctx: context.Background(), src: &source{name: "the camera", opened: time.Now()}}
		began := time.Now()
		time.Sleep(3 * time.Second) // that it takes to be opened
		err := r.untilThere(func() error { return errStarved })
		require.ErrorContains(t, err, "the camera sends no keyframe: none came in 10s")
		require.Equal(t, media.FaultAway, media.KindOf(err))
		require.Less(t, time.Since(began), 11*time.Second)
	})
}

// Tracks are put together anew at the end of each of the first seconds, by any rate.
func TestTracksAreAlignedOnceASecond(t *testing.T) {
	for _, c := range []struct {
		fps  media.Rational
		want []int64
	}{
		{media.Rational{Num: 25, Den: 1}, []int64{24, 49, 499}},
		{media.Rational{Num: 50, Den: 1}, []int64{49, 99, 999}},
		{media.Rational{Num: 30000, Den: 1001}, []int64{29, 59, 599}},
	} {
		var all []int64
		for k := range int64(4000) {
			if realigns(k, c.fps) {
				all = append(all, k)
			}
		}
		require.Len(t, all, 20, c.fps)
		require.Equal(t, c.want, []int64{all[0], all[1], all[19]})
	}
}

// What is said of a track is what was found when it was opened: later it belongs to
// whoever reads on.
func TestATrackKeepsItsRate(t *testing.T) {
	fc := astiav.AllocFormatContext()
	defer fc.Free()
	s := fc.NewStream(nil)
	s.CodecParameters().SetMediaType(astiav.MediaTypeVideo)
	s.SetTimeBase(astiav.NewRational(1, 90000))
	s.SetAvgFrameRate(astiav.NewRational(50, 1))
	s.SetRFrameRate(astiav.NewRational(100, 1))
	track := newTrack(s)
	s.SetAvgFrameRate(astiav.NewRational(10, 1)) // by reading on
	s.SetRFrameRate(astiav.NewRational(10, 1))
	require.EqualValues(t, 20_000, track.usual())
	require.Equal(t, [2]media.Rational{{Num: 50, Den: 1}, {Num: 100, Den: 1}}, [2]media.Rational{track.mean, track.finest})
	r := &Reader{video: &video{dec: &decoder{track: track, cc: astiav.AllocCodecContext(astiav.FindDecoder(astiav.CodecIDH264))}}}
	defer r.video.dec.cc.Free()
	require.Contains(t, r.summary(), "50 fps")
}
