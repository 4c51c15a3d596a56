package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image/jpeg"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
	"airloom/web"
)

// tone is a red film with a 997 Hz sine at -23 dBFS.
func tone(t *testing.T) airtest.Clip {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone.mkv")
	const sine = "0.0707946*sin(997*2*PI*t)"
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:s=320x180:r=25:d=60",
		"-f", "lavfi", "-i", "aevalsrc='"+sine+"|"+sine+"':s=48000:d=60", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return airtest.Clip{Path: path}
}

// What the desk is told of process and machine, against the real thing.
func TestSystemOverHTTP(t *testing.T) {
	const secret = "s3cretkey"
	ch := airtest.Airloom(t, airtest.Setup{
		Output: "rtmp://127.0.0.1:9/live/" + secret + "?token=" + secret, Lists: map[string]string{"main.yml": "items: [{source: tone.mkv}]\n"},
		Media: map[string]airtest.Clip{"tone.mkv": tone(t)},
	})
	ch.Until(10*time.Second, "a clip is on air", func(s control.Status) bool { return s.Now != nil })
	text, code := ch.Get("/api/v1/openapi.json")
	require.Equal(t, http.StatusOK, code)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	require.NoError(t, err)
	o := &overHTTP{ch, t, doc}

	o.levels()
	o.still()
	var v web.Versions
	o.do("GET", "version", "Version", "", http.StatusOK, &v)
	require.Contains(t, v.X264, "core")
	o.do("GET", "history?hours=1", "History", "", http.StatusOK, nil)

	var logged []struct{ Message string }
	airtest.Eventually(t, 5*time.Second, "the output's trouble is logged", func() bool {
		o.do("GET", "logs?level=warn&search=PUBLISHING", "LogLine", "", http.StatusOK, &logged)
		return len(logged) > 0
	})
	var found []web.Finding
	o.do("GET", "doctor", "Finding", "", http.StatusOK, &found)
	levels := map[string]string{}
	for _, f := range found {
		levels[f.Title] = f.Level
		if f.Title == "Encoder" {
			require.Contains(t, f.Detail, "On air for", "nothing is measured beside the air")
		}
	}
	require.Equal(t, "ok", levels["Playlists"], "%v", found)
	require.Equal(t, "ok", levels["Media"], "%v", found)
	require.Equal(t, "error", levels["Output main"], "%v", found)
	var e web.Effective
	o.do("GET", "config", "Config", "", http.StatusOK, &e)
	require.Equal(t, filepath.Join(ch.Dir, "airloom.yml"), e.File)
	require.Contains(t, e.Text, "rtmp://127.0.0.1:9/live/…")
	for _, path := range []string{"logs?limit=1000", "doctor", "config", "status"} {
		said, _ := ch.Get("/api/v1/" + path)
		require.NotContains(t, said, secret, path)
	}
}

// levels waits until the meter shows what the clip sounds like.
func (o *overHTTP) levels() {
	ctx, cancel := context.WithTimeout(o.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL("/api/v1/events?levels=1"), nil)
	require.NoError(o.t, err)
	w, err := http.DefaultClient.Do(r)
	require.NoError(o.t, err)
	defer w.Body.Close()
	for in := bufio.NewScanner(w.Body); in.Scan(); {
		data, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok || !strings.Contains(data, "peak_db") {
			continue
		}
		o.holds("LevelsEvent", []byte(data))
		var l struct {
			Peak  [2]float64 `json:"peak_db"`
			Short *float64   `json:"short_lufs"`
		}
		require.NoError(o.t, json.Unmarshal([]byte(data), &l))
		if l.Short == nil {
			continue
		}
		require.InDelta(o.t, -23, *l.Short, 0.15)
		require.InDelta(o.t, -23, l.Peak[0], 0.15)
		return
	}
	o.t.Fatal("the events end without levels")
}

// still looks at the picture that is sent.
func (o *overHTTP) still() {
	var header http.Header
	var data []byte
	airtest.Eventually(o.t, 10*time.Second, "a picture of the air is there", func() bool {
		w, err := http.Get(o.URL("/api/v1/still.jpg?width=320"))
		require.NoError(o.t, err)
		defer w.Body.Close()
		var b bytes.Buffer
		_, err = b.ReadFrom(w.Body)
		require.NoError(o.t, err)
		header, data = w.Header, b.Bytes()
		return w.StatusCode == http.StatusOK
	})
	require.NotEmpty(o.t, header.Get("ETag"))
	img, err := jpeg.Decode(bytes.NewReader(data))
	require.NoError(o.t, err)
	require.Equal(o.t, 320, img.Bounds().Dx())
	r, g, _, _ := img.At(160, img.Bounds().Dy()/2).RGBA()
	require.Greater(o.t, r>>8, uint32(220))
	require.Less(o.t, g>>8, uint32(40))
}
