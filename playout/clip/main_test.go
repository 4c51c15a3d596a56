package clip

import (
	"os"
	"testing"

	"github.com/asticode/go-astiav"
	"go.uber.org/goleak"

	"airloom/playout/media/av"
)

func TestMain(m *testing.M) {
	if os.Getenv("AIRLOOM_LIBAV_LOG") == "" {
		av.SetLog(astiav.LogLevelPanic, func(astiav.LogLevel, string) {})
	}
	goleak.VerifyTestMain(m)
}
