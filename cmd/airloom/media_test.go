package main_test

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/web"
)

// The media folder as the desk has it, by the real children.
func TestMediaOverHTTP(t *testing.T) {
	clips := airtest.Clips(t, airtest.Long1, airtest.Plain1, airtest.Long2)
	ch := airtest.Airloom(t, airtest.Setup{
		Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips[:1]...),
		Media:    map[string]airtest.Clip{"plain1.mp4": clips[1], "promos/deep/long2.mp4": clips[2]},
		Lists:    map[string]string{"evening.yml": "items: [{folder: promos, recursive: true}, {source: ./plain1.mp4}]\n"},
		Sections: map[string]string{"fallback": "{filler: plain1.mp4}"},
	})
	var o *overHTTP
	airtest.Eventually(t, 20*time.Second, "it answers", func() bool {
		text, code := ch.Get("/api/v1/openapi.json")
		if code != http.StatusOK {
			return false
		}
		doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
		require.NoError(t, err)
		o = &overHTTP{ch, t, doc}
		return true
	})
	dir := filepath.Join(ch.Dir, "media")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.mp4"), []byte("no film"), 0o644))
	var page web.MediaPage
	airtest.Eventually(t, 20*time.Second, "all is known", func() bool {
		o.do("GET", "media", "MediaPage", "", http.StatusOK, &page)
		for _, f := range page.Files {
			if f.State == "checking" {
				return false
			}
		}
		return len(page.Files) == 3
	})
	require.Equal(t, []web.MediaFolder{{Path: "promos", Name: "promos"}}, page.Folders)
	bad, long, plain := page.Files[0], page.Files[1], page.Files[2]
	require.Equal(t, "bad", bad.State)
	require.Contains(t, bad.Problem, "not media that can be played")
	require.Empty(t, bad.UsedBy)
	require.Equal(t, "ok", long.State)
	require.Equal(t, []string{"main.yml"}, long.UsedBy)
	require.InDelta(t, clips[0].Length.Seconds(), *long.LengthS, 0.1)
	require.NotNil(t, long.Video)
	require.Equal(t, []string{"evening.yml", "fallback.filler"}, plain.UsedBy)

	get := func(path, ranges string) (*bytes.Reader, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ch.URL("/api/v1/media/"+path), nil)
		require.NoError(t, err)
		if ranges != "" {
			r.Header.Set("Range", ranges)
		}
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer w.Body.Close()
		data, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		require.Less(t, w.StatusCode, 300, "%s: %s", path, data)
		return bytes.NewReader(data), w.Header
	}
	defer http.DefaultClient.CloseIdleConnections()
	data, _ := get("thumbnail?path=plain1.mp4&width=160", "")
	img, err := jpeg.Decode(data)
	require.NoError(t, err)
	require.Equal(t, 160, img.Bounds().Dx())
	data, _ = get("strip?path="+url.QueryEscape("promos/deep/long2.mp4")+"&to_s=2&count=4&height=90", "")
	img, err = jpeg.Decode(data)
	require.NoError(t, err)
	require.Equal(t, 90, img.Bounds().Dy())
	require.Positive(t, img.Bounds().Dx())
	kept, err := os.ReadDir(filepath.Join(ch.Dir, "state", "stills"))
	require.NoError(t, err)
	require.Len(t, kept, 2)
	whole, err := os.ReadFile(filepath.Join(dir, "plain1.mp4"))
	require.NoError(t, err)
	data, head := get("content?path=plain1.mp4", "bytes=100-1099")
	require.Equal(t, "video/mp4", head.Get("Content-Type"))
	part, _ := io.ReadAll(data)
	require.Equal(t, whole[100:1100], part)

	move := func(from, to string, force bool, want int) {
		t.Helper()
		body, _ := json.Marshal(map[string]any{"from": from, "to": to, "force": force})
		o.do("POST", "media/rename", "", string(body), want, nil)
	}
	move("promos", "other", false, http.StatusConflict) // what is in it airs
	move("promos/deep/long2.mp4", "promos/long2.mp4", false, http.StatusConflict)
	move("promos/deep/long2.mp4", "long1.mp4", true, http.StatusConflict) // never over another
	move("promos/deep/long2.mp4", "promos/long2.mp4", true, http.StatusNoContent)
	move("bad.mp4", "worse.mp4", false, http.StatusNoContent)
	move("worse.mp4", "../worse.mp4", false, http.StatusBadRequest)
	o.do("DELETE", "media?path=long1.mp4", "InUse", "", http.StatusConflict, nil)
	o.do("DELETE", "media?path=worse.mp4", "", "", http.StatusNoContent, nil)
	o.do("DELETE", "media?path=promos/deep", "", "", http.StatusConflict, nil) // a folder of it airs
	o.do("DELETE", "media?path=promos/deep&force=true", "", "", http.StatusNoContent, nil)
	o.do("POST", "media/folders", "", `{"path":"new/folder"}`, http.StatusNoContent, nil)
	o.do("GET", "media?search=LONG2+promos", "MediaPage", "", http.StatusOK, &page)
	require.Len(t, page.Files, 1)
	require.Equal(t, "promos/long2.mp4", page.Files[0].Path)
}
