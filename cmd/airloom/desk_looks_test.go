package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/cmd/internal/demo"
	"airloom/web"
)

// A channel as it is some weeks after somebody began with it: media in folders, several
// playlists with starts of their own, one file that is missing and one that is none.
var fullLists = map[string]string{
	"main.yml": `name: Daytime
loop: true
items:
  - {source: shows/morning-magazine.mp4, title: Morning magazine, duration: 42m15s, loop: true}
  - {source: idents/ident-short.mp4, title: Ident}
  - {source: promos/autumn-market.mp4, title: "Autumn market, promo"}
  - {source: shows/harbour-stories.mp4, title: "Harbour stories, part 3: the last ferry of the season and those who are still aboard", duration: 28m30s, loop: true}
  - {source: promos/choir-2026.mp4, title: Choir festival}
  - {folder: promos, order: shuffle, count: 2}
  - {source: stills/notice-board.png, title: Notice board, duration: 30s}
  - {source: films/orbit.mp4, title: Orbit, in: "00:00:02", out: "00:00:10"}
  - {source: films/winter-tide.mp4, title: 冬日潮汐, duration: 51m, loop: true}
`,
	"evening-news.yml": `name: Evening news
schedule: {cron: "0 20 * * *", start: hard, until: "20:15"}
items:
  - {source: idents/ident-short.mp4, title: News opening}
  - {source: shows/news.mp4, title: Evening news, duration: 15m, loop: true}
`,
	"late-film.yml": `name: Late film
schedule: {cron: "30 22 * * 5,6", start: soft}
items:
  - {source: idents/ident-short.mp4, title: Ident}
  - {source: films/winter-tide.mp4, title: Winter tide, duration: 1h34m, loop: true}
`,
	"harbour-live.yml": `name: Harbour, live
schedule: {cron: "0 12 * * 1-5", start: hard, until: "12:30"}
items:
  - {source: shows/harbour-stories.mp4, title: From the harbour, duration: 30m, loop: true}
`,
	"specials/choir.yml": `name: Choir night
items:
  - {source: promos/choir-2026.mp4, title: Choir festival}
  - {source: films/orbit.mp4, title: Orbit}
`,
	"drafts/broken.yml": "name: Broken\nitems:\n  - {source: ../outside.mp4, title: Outside}\n  - {sauce: x.mp4}\n",
}

// fullMedia is what the lists name, made of the demo's clips.
func fullMedia(t *testing.T) map[string]airtest.Clip {
	t.Helper()
	dir := demo.Dir()
	_, err := demo.Make(t.Context(), dir, func(string) {})
	require.NoError(t, err)
	media := map[string]airtest.Clip{}
	for to, from := range map[string]string{
		"shows/morning-magazine.mp4": "morning.mp4", "shows/harbour-stories.mp4": "tide.mp4", "shows/news.mp4": "pendulum.mp4",
		"idents/ident-short.mp4": "pendulum.mp4", "promos/autumn-market.mp4": "orbit.mp4", "promos/winter-sale.mp4": "snow.mp4", "promos/library-week.mp4": "tide.mp4",
		"films/orbit.mp4": "orbit.mp4", "films/winter-tide.mp4": "snow.mp4", "stills/notice-board.png": "still.png", "filler.mp4": "orbit.mp4",
	} {
		media[to] = airtest.Clip{Path: filepath.Join(dir, from)}
	}
	return media
}

// deskStage is a channel with a desk, full or empty, whose server says nothing of what
// arrives.
func deskStage(t *testing.T, full bool) *stage {
	t.Helper()
	srv := airtest.NGINX(t)
	users, told := people(t, map[string]string{"mira": "admin", "jonas": "operator", "vera": "viewer"})
	token, hash := web.NewToken()
	setup := airtest.Setup{
		Output: srv.URL("x"), Token: token, Web: fmt.Sprintf(`users: %s, tokens: [{name: test, hash: %q, role: admin}]`, users, hash),
		Sections: map[string]string{"channel": "{name: Harbour TV, timezone: Europe/Berlin}"},
	}
	if full {
		setup.Lists, setup.Media = fullLists, fullMedia(t)
		setup.Sections["fallback"] = "{filler: filler.mp4}"
	}
	ch := airtest.Airloom(t, setup)
	if full {
		notes := filepath.Join(ch.Dir, "media/shows/notes.mp4")
		require.NoError(t, os.WriteFile(notes, []byte(strings.Repeat("This is no film. ", 500)), 0o644))
	}
	ch.Publishing(30 * time.Second)
	s := onStage(t, ch, srv)
	s.told["user"], s.told["other"], s.told["viewer"], s.told["token"] = told["mira"], told["jonas"], told["vera"], token
	s.order("airloom/stop", func(string) { ch.Signal(syscall.SIGSTOP) })
	s.order("airloom/go", func(string) { ch.Signal(syscall.SIGCONT) })
	t.Cleanup(func() { ch.Signal(syscall.SIGCONT) })
	film := airtest.Clips(t, airtest.Long1)[0]
	brought := t.TempDir()
	require.NoError(t, os.Symlink(film.Path, filepath.Join(brought, "christmas-market.mp4")))
	require.NoError(t, os.WriteFile(filepath.Join(brought, "minutes-of-meeting.mp4"), []byte(strings.Repeat("No film either. ", 500)), 0o644))
	s.told["clips"] = map[string]string{"good": filepath.Join(brought, "christmas-market.mp4"), "bad": filepath.Join(brought, "minutes-of-meeting.mp4")}
	return s
}

// What is quick is only judged where others leave the machine to the test.
const quietShare = 0.15

// Every page, in every state, holds what axe asks for, and its budget.
func TestDesk07Axe(t *testing.T) {
	others := airtest.Watch()
	s := deskStage(t, true)
	s.told["quiet"] = others.Others() < quietShare
	s.play("axe.spec.ts")
}

// What a browser must load is small; hls.js comes only when the picture is opened.
func TestDesk07Weight(t *testing.T) {
	const most = 250_000 // bytes, gzipped
	scripts, err := filepath.Glob("../../web/ui/dist/assets/*.js.gz")
	require.NoError(t, err)
	if len(scripts) == 0 {
		require.Empty(t, os.Getenv("AIRLOOM_TOOLS"), "the desk is not built: make ui")
		t.Skip("the desk is not built: make ui")
	}
	var all int64
	for _, name := range scripts {
		if strings.HasPrefix(filepath.Base(name), "hls") {
			continue
		}
		about, err := os.Stat(name)
		require.NoError(t, err)
		all += about.Size()
	}
	t.Logf("%d bytes of script, gzipped", all)
	require.Less(t, all, int64(most))
	require.Positive(t, all)
}

// Pictures of every page, to be looked at: AIRLOOM_LOOKS names where they go.
func TestDesk08Looks(t *testing.T) {
	dir := os.Getenv("AIRLOOM_LOOKS")
	if dir == "" {
		t.Skip("make looks takes pictures of every page")
	}
	for _, kind := range []string{"full", "empty"} {
		t.Run(kind, func(t *testing.T) {
			s := deskStage(t, kind == "full")
			s.told["looks"], s.told["channel"] = filepath.Join(dir, kind), kind
			s.play("looks.spec.ts")
		})
	}
}
