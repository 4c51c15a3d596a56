package clip

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func peak(s []float32) float64 {
	p := 0.0
	for _, v := range s {
		p = max(p, math.Abs(float64(v)))
	}
	return p
}

func TestSoundAlone(t *testing.T) {
	for _, c := range []struct{ ext, args string }{
		{"wav", "-c:a pcm_s16le"}, {"mp3", "-c:a libmp3lame"}, {"m4a", "-c:a aac"}, {"flac", "-c:a flac"}, {"ogg", "-c:a libvorbis"}, {"aac", "-c:a aac"}, {"mka", "-c:a ac3"},
	} {
		f := flat(t, c.ext, "aevalsrc='0.5*sin(2*PI*(300+100*t)*t)':s=44100:d=4", c.args)
		h := read(t, media.Spec{Source: f}, 0, house, whole)
		ended(t, h)
		all := h
		require.InDelta(t, 100, len(h.numbers), 2, c.ext)
		require.Contains(t, h.info.Notes, "it has no picture: a card is shown")
		require.Greater(t, peak(h.sound[0][20000:100000]), 0.4, c.ext)
		h = read(t, media.Spec{Source: f, In: time.Second, Out: 3 * time.Second}, 10, house, whole)
		ended(t, h)
		require.Len(t, h.numbers, 40, c.ext)
		require.Greater(t, peak(h.sound[0]), 0.4, c.ext)
		for _, k := range []int64{5, 60} {
			part := read(t, media.Spec{Source: f}, k, house, whole)
			ended(t, part)
			same(t, all.sound[0][sampleAt(house, k):], part.sound[0], 0.01, c.ext)
		}
	}
}

func TestCoverIsShown(t *testing.T) {
	cover := flat(t, "png", "color=red:s=300x300,format=rgb24", "-frames:v 1")
	tone := flat(t, "wav", "sine=f=440:r=44100:d=4", "")
	for _, ext := range []string{"mp3", "m4a", "flac"} {
		f := cached(t, ext, func(out string) []string {
			return []string{"-v", "error", "-y", "-i", tone, "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic", out}
		})
		for _, s := range []media.Spec{{Source: f}, {Source: f, In: time.Second}, {Source: f, Loop: true, Duration: 6 * time.Second}} {
			h := read(t, s, 0, house, whole)
			ended(t, h)
			want := map[bool]int{true: 75, false: 100}[s.In > 0]
			if s.Loop {
				want = 150
			}
			require.InDelta(t, want, len(h.numbers), 2, ext)
			slot, _ := shown(t, s, house)
			near(t, red, yuv(slot, media.LayoutOf(house), 160, 90), 4, ext)
		}
	}
}

func TestTracksByNumberAndLanguage(t *testing.T) {
	f := cached(t, "mkv", func(out string) []string {
		return []string{"-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=320x180:d=2", "-f", "lavfi", "-i", "sine=f=500:d=2", "-f", "lavfi", "-i", "sine=f=2000:d=2",
			"-map", "0", "-map", "1", "-map", "2", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-c:v", "libx264", "-c:a", "aac", out}
	})
	for want, tone := range map[string]int{"": 500, "1": 500, "2": 2000, "eng": 500, "deu": 2000, "de": 2000, "GER": 2000, "fra": 500, "7": 500} {
		h := read(t, media.Spec{Source: f, Audio: want}, 0, house, whole)
		ended(t, h)
		rises := 0
		s := h.sound[0][22050:66150]
		for i := 1; i < len(s); i++ {
			if s[i-1] < 0 && s[i] >= 0 {
				rises++
			}
		}
		require.InDelta(t, tone, rises, 5, "track %q", want)
		if want == "fra" || want == "7" {
			require.Contains(t, h.info.Notes[len(h.info.Notes)-1], "no sound track")
		}
	}
}

func TestGain(t *testing.T) {
	f := flat(t, "wav", "sine=f=440:r=44100:d=2,volume=4", "-c:a pcm_s16le") // half of full scale
	for db, want := range map[float64]float64{0: 0.5, -6: 0.25, 5: 0.88, 20: 1} {
		h := read(t, media.Spec{Source: f, GainDB: db}, 0, house, whole)
		require.InDelta(t, want, peak(h.sound[0]), 0.02, "%v dB", db)
		require.LessOrEqual(t, peak(h.sound[0]), 1.0)
	}
}

func TestDownmixDoesNotClip(t *testing.T) {
	loud := flat(t, "wav", "aevalsrc='0.99*sin(2*PI*440*t)|0.99*sin(2*PI*440*t)|0.99*sin(2*PI*440*t)|0|0.99*sin(2*PI*440*t)|0.99*sin(2*PI*440*t):c=5.1:s=48000:d=2'", "-c:a pcm_s16le")
	h := read(t, media.Spec{Source: loud}, 0, house, whole)
	require.LessOrEqual(t, peak(h.sound[0]), 1.0)
	require.Greater(t, peak(h.sound[0]), 0.9)
	centre := flat(t, "wav", "aevalsrc='0|0|0.5*sin(2*PI*440*t)|0|0|0:c=5.1:s=48000:d=2'", "-c:a pcm_s16le")
	h = read(t, media.Spec{Source: centre}, 0, house, whole)
	require.InDelta(t, 0.5*0.707*0.586, peak(h.sound[0]), 0.02)
	require.Equal(t, h.sound[0], h.sound[1])
}

// A source at the house's rate comes out as it went in, to the bit and the sample.
func TestSameRateIsUntouched(t *testing.T) {
	f := flat(t, "wav", "aevalsrc='0.6*sin(2*PI*1234*t)|0.3*sin(2*PI*777*t):s=44100:d=2'", "-c:a pcm_s16le")
	b := bytesOf(t, f)
	b = b[len(b)-2*88200*2:]
	h := read(t, media.Spec{Source: f}, 0, house, whole)
	require.Len(t, h.sound[0], 88200)
	for i := range 88200 {
		for c := range 2 {
			want := float32(int16(uint16(b[4*i+2*c])|uint16(b[4*i+2*c+1])<<8)) / 32768
			require.Equal(t, want, h.sound[c][i], "sample %d", i)
		}
	}
}

// Sound with a hole has silence there, and what follows stands where it should.
func TestGapsAndOverlapsInSound(t *testing.T) {
	gap := made{frames: 150, rate: 44100, ext: "mkv", tone: ",aselect='not(between(t,2,3.7))'", args: x264 + "-c:a pcm_s16le"}.file(t)
	h := read(t, media.Spec{Source: gap}, 0, house, whole)
	ended(t, h)
	off := h.offsets(house)
	require.Len(t, off, 4) // of six, those at 2.48 and 3.48 are gone
	for _, o := range off {
		require.InDelta(t, 0, o, 2, "%v", off)
	}
	require.Zero(t, peak(h.sound[0][int(2.1*44100):int(3.6*44100)]))
	over := made{frames: 150, rate: 44100, ext: "mkv", tone: ",asetpts='PTS-gte(T,3)*0.2/TB'", args: x264 + "-c:a pcm_s16le"}.file(t)
	h = read(t, media.Spec{Source: over}, 0, house, whole)
	ended(t, h)
	off = h.offsets(house)
	require.Len(t, off, 6)
	for i, o := range off {
		want := map[bool]float64{true: -200, false: 0}[i >= 3]
		require.InDelta(t, want, o, 3, "%v", off)
	}
}

// Sound whose clock runs a little fast is held to the picture.
func TestDriftIsCorrected(t *testing.T) {
	// 0.1 %: after 30 s the last sample would be 30 ms late.
	f := made{frames: 750, rate: 44100, ext: "mkv", sound: 29.95, tone: ",asetpts='PTS*0.999'", args: x264 + "-c:a pcm_s16le"}.file(t)
	h := read(t, media.Spec{Source: f}, 0, house, whole)
	ended(t, h)
	off := h.offsets(house)
	require.Greater(t, len(off), 25)
	// The source itself says that the beeps come ever earlier.
	for i, o := range off {
		require.InDelta(t, -(0.48+float64(i))*0.001*1000, o, 4, "%v", off)
	}
}
