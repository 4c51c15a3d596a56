package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// No secret is in what is shown, and all of them are in what comes back.
func TestTheVeilHidesAndFindsAgain(t *testing.T) {
	for name, c := range map[string]struct{ text, shown string }{
		"nothing to hide":  {"items: [{source: \"http://h/x.mp4\"}, {source: a.mp4}] # 1:// …", "items: [{source: \"http://h/x.mp4\"}, {source: a.mp4}] # 1:// …"},
		"quoted":           {`- {source: "rtsp://u:p@h/x?k=v", title: A}`, `- {source: "rtsp://h/x…", title: A}`},
		"a quote in it":    {`- {source: "rtsp://u:s'x@h/x", title: A}`, `- {source: "rtsp://h/x…", title: A}`},
		"in single quotes": {`- source: 'srt://h:9?passphrase=a"b c'`, `- source: 'srt://h:9…'`},
		"plain":            {"- source: rtsp://u:s'x@h/x\n", "- source: rtsp://h/x…\n"},
		"plain in a flow":  {"- {source: rtsp://u:s@h/x, title: A}\n- {source: http://h/y?a=b}", "- {source: rtsp://h/x…, title: A}\n- {source: http://h/y…}"},
		"a comment":        {"# was rtsp://u:s@h/x\nitems: []", "# was rtsp://h/x…\nitems: []"},
		"JSON":             {`{"source":"rtsp:\/\/u:s@h\/x","title":"A"}`, `{"source":"rtsp://h/x…","title":"A"}`},
		"escaped":          {`{"source":"rtsp://u:s\u0040h/x"}`, `{"source":"rtsp://…"}`},
		"M3U":              {"#EXTINF:10,A\nhttps://h/l.m3u8?token=s\n", "#EXTINF:10,A\nhttps://h/l.m3u8…\n"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVeil([][]byte{[]byte(c.text)})
			shown := v.text([]byte(c.text))
			require.Equal(t, c.shown, string(shown))
			whole, _, err := v.unveiled(shown)
			require.NoError(t, err)
			require.Equal(t, c.text, string(whole))
		})
	}
}

func TestWhatIsShownAlikeIsToldApart(t *testing.T) {
	text := []byte("- rtsp://a:1@h/x\n- rtsp://b:2@h/x\n- rtsp://a:1@h/x\n- rtsp://c:3@h/y\n")
	v := newVeil([][]byte{text})
	shown := v.text(text)
	require.Regexp(t, `^- rtsp://h/x…(\w{4})\n- rtsp://h/x…(\w{4})\n- rtsp://h/x…(\w{4})\n- rtsp://h/y…\n$`, string(shown))
	lines := strings.Split(string(shown), "\n")
	require.Equal(t, lines[0], lines[2])
	require.NotEqual(t, lines[0], lines[1])
	lines[0], lines[1] = lines[1], lines[0]
	whole, _, err := v.unveiled([]byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	require.Equal(t, "- rtsp://b:2@h/x\n- rtsp://a:1@h/x\n- rtsp://a:1@h/x\n- rtsp://c:3@h/y\n", string(whole))

	_, line, err := v.unveiled([]byte("- a.mp4\n- rtsp://h/x…\n"))
	require.ErrorContains(t, err, "several")
	require.Equal(t, 2, line)
	_, _, err = v.unveiled([]byte("- rtsp://h/x…0000\n"))
	require.ErrorContains(t, err, "nothing here has")
	other := newVeil(nil, &playlist.Playlist{Items: []playlist.Item{{Source: "rtsp://c:3@h/y"}, {Source: "a.mp4"}}})
	whole, _, err = other.unveiled([]byte("- rtsp://h/y…"))
	require.NoError(t, err)
	require.Equal(t, "- rtsp://c:3@h/y", string(whole))
}

// Two addresses that differ in their passwords alone keep each its own, as text and as
// a document, and whoever looks sees none.
func TestTwoPasswordsAreNotMixedUp(t *testing.T) {
	at, dir := aFolder(t, Config{})
	const raw = "items:\n  - {source: \"rtsp://ann:pass1@h/x\", title: A}\n  - {source: \"rtsp://bob:pass2@h/x\", title: B}\n  - {source: gone.mp4}\n"
	require.Equal(t, http.StatusCreated, send(t, http.MethodPut, at+"/two.yml", "text/plain", raw, having("If-None-Match", "*")).StatusCode)

	asText := ask(t, http.MethodGet, at+"/two.yml", having("Accept", "text/plain"))
	require.NotContains(t, asText.body, "pass")
	w := send(t, http.MethodPut, at+"/two.yml", "text/plain", asText.body+"  - {source: one.mp4}\n", having("If-Match", asText.Header.Get("ETag")))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, raw+"  - {source: one.mp4}\n", text(t, dir, "two.yml"))

	p := fill[Shown](t, w)
	require.NotContains(t, w.body, "pass")
	doc := string(p.Document)
	doc = strings.Replace(doc, `"title":"A"`, `"title":"First"`, 1)
	w = send(t, http.MethodPut, at+"/two.yml", "application/json", doc, having("If-Match", tagOf(p.Version)))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Contains(t, text(t, dir, "two.yml"), `{source: "rtsp://ann:pass1@h/x", title: First}`)
	require.Contains(t, text(t, dir, "two.yml"), `{source: "rtsp://bob:pass2@h/x", title: B}`)

	w = send(t, http.MethodPut, at+"/two.yml", "text/plain", "items:\n  - {source: rtsp://elsewhere/…}\n", having("If-Match", "*"))
	requireProblem(t, http.StatusUnprocessableEntity, w)
	require.Contains(t, w.body, "write the whole URL")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "two.yml"), []byte("itms: [{source: rtsp://ann:pass1@h/x}]\n"), 0o644))
	require.Eventually(t, func() bool { // a text with mistakes hides them too
		w = ask(t, http.MethodGet, at+"/two.yml", having("Accept", "text/plain"))
		return strings.HasPrefix(w.body, "itms")
	}, 5*time.Second, 10*time.Millisecond)
	require.NotContains(t, w.body+ask(t, http.MethodGet, at+"/two.yml").body, "pass")
}

// A copy of a playlist, a draft saved beside it and items pasted into another have the
// secrets that were not shown; what no playlist has is refused, and nothing is written.
func TestACopyHasTheSecretsThatWereNotShown(t *testing.T) {
	at, dir := aFolder(t, Config{})
	shown := ask(t, http.MethodGet, at+"/main.yml")
	require.NotContains(t, shown.body, "secret")
	doc := string(fill[Shown](t, shown).Document)
	w := send(t, http.MethodPut, at+"/copy.yml", "application/json", doc, having("If-None-Match", "*"))
	require.Equal(t, http.StatusCreated, w.StatusCode, w.body)
	require.NotContains(t, w.body, "secret")
	require.Contains(t, text(t, dir, "copy.yml"), "rtsp://ops:secret@cam.example/door?token=abc")

	news := ask(t, http.MethodGet, at+"/shows%2Fnews.yml")
	pasted := `{"schedule":{"cron":"0 20 * * *"},"items":[{"source":"news.mp4"},{"source":"rtsp://cam.example/door…"}]}`
	w = send(t, http.MethodPut, at+"/shows%2Fnews.yml", "application/json", pasted, having("If-Match", news.Header.Get("ETag")))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Contains(t, text(t, dir, "shows", "news.yml"), "rtsp://ops:secret@cam.example/door?token=abc")

	nobodys := strings.ReplaceAll(doc, "cam.example", "away.example")
	for kind, body := range map[string]string{"application/json": nobodys, "text/plain": "items: [{source: \"rtsp://away.example/door…\"}]\n"} {
		w = send(t, http.MethodPut, at+"/other.yml", kind, body, having("If-None-Match", "*"))
		requireProblem(t, http.StatusUnprocessableEntity, w)
		require.Contains(t, w.body, "write the whole URL")
	}
	require.NoFileExists(t, filepath.Join(dir, "other.yml"))
}
