package av

import (
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"
)

// badCodec makes libav log one error.
func badCodec(t *testing.T) {
	t.Helper()
	c := astiav.FindEncoderByName("aac")
	ctx := astiav.AllocCodecContext(c)
	defer ctx.Free()
	ctx.SetSampleFormat(astiav.SampleFormatFltp)
	ctx.SetChannelLayout(astiav.ChannelLayoutStereo)
	ctx.SetSampleRate(12345)
	require.Error(t, ctx.Open(c, nil))
}

func TestCapture(t *testing.T) {
	var logged []string
	SetLog(astiav.LogLevelError, func(_ astiav.LogLevel, line string) { logged = append(logged, line) })
	lines := Capture(astiav.LogLevelWarning, func() { badCodec(t) })
	require.NotEmpty(t, lines)
	require.Regexp(t, "^Specified sample rate 12345 is not supported", lines[0])
	require.Empty(t, logged, "captured lines go nowhere else")
	badCodec(t)
	require.NotEmpty(t, logged, "the log is back")
	SetLog(astiav.LogLevelFatal, func(astiav.LogLevel, string) {})
}
