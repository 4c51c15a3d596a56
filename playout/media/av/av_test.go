package av

import (
	"strings"
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

var house = media.House{Width: 322, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}

func TestMemoryGoesWithTheLastHandle(t *testing.T) {
	live := media.Live.Pictures.Load()
	l := media.LayoutOf(house)
	mem := make([]byte, l.Size)
	freed := 0
	p, err := Wrap(house, l, mem, func() { freed++ })
	require.NoError(t, err)
	require.Equal(t, l.StrideY, p.Frame().Linesize()[0])
	a, b := p.Ref(), p.Ref()
	p.Release()
	a.Release()
	require.Zero(t, freed)
	b.Release()
	require.Equal(t, 1, freed)
	require.Equal(t, live, media.Live.Pictures.Load())
}

func TestShortMemoryIsRefusedAndGivenBack(t *testing.T) {
	freed := 0
	_, err := Wrap(house, media.LayoutOf(house), make([]byte, 10), func() { freed++ })
	require.Error(t, err)
	require.Equal(t, 1, freed)
}

func TestNewLetsDraw(t *testing.T) {
	p, err := New(house, func(mem []byte, _ media.Layout) { mem[0] = 77 })
	require.NoError(t, err)
	defer p.Release()
	require.Equal(t, 322, p.Frame().Width())
	require.Equal(t, astiav.ColorRangeMpeg, p.Frame().ColorRange())
}

// A line longer than go-astiav's own callback can bear.
func TestLongLogLines(t *testing.T) {
	var got string
	SetLog(astiav.LogLevelWarning, func(_ astiav.LogLevel, line string) { got = line })
	astiav.Log(nil, astiav.LogLevelWarning, "%s", strings.Repeat("x", 5000))
	require.Equal(t, strings.Repeat("x", 2047), got)
	got = ""
	astiav.Log(nil, astiav.LogLevelInfo, "below the level")
	require.Empty(t, got)
}

func BenchmarkRef(b *testing.B) {
	p, _ := New(house, func([]byte, media.Layout) {})
	b.ReportAllocs()
	for b.Loop() {
		p.Ref().Release()
	}
}
