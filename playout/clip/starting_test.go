package clip

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// What a server says while what it serves is not there yet is not the last word on
// it: it is never what an address says that may not be opened.
func TestWhatAServerSaysWhileItStarts(t *testing.T) {
	for path, body := range map[string]string{
		"/live.m3u8":  "<!DOCTYPE html>\n<html><body>Starting, please wait</body></html>\n",
		"/empty.m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n",
		"/none.m3u8":  "",
		"/live":       "<html>Starting</html>",
		"/live.ts":    "<html>Starting</html>",
		"/text.m3u8":  "Starting, please wait",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, body)
		}))
		f := refused(t, media.Spec{Source: server.URL + path})
		server.Close()
		require.Contains(t, []media.FaultKind{media.FaultAway, media.FaultUnsupported}, f.Kind, "%s: %v", path, f)
	}
}

// An RTMP server that does not know the stream says so by a word that libav has as -1.
func TestAnUnknownStreamIsAway(t *testing.T) {
	s := &source{url: "rtmp://server.example/live/studio", name: "studio", remote: true, watch: &watch{}}
	require.Equal(t, media.FaultAway, media.KindOf(s.networkFault(astiav.Error(-1))))
	s.url = "http://server.example/a.mp4"
	require.Equal(t, media.FaultUnsupported, media.KindOf(s.networkFault(astiav.Error(-1))))
}
