package playlist

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestYAMLAndJSONSayTheSame(t *testing.T) {
	y, _ := parseFile(t, "testdata/main.good.yml")
	j, _ := parseFile(t, "testdata/main.good.json")
	for i := range y.Items {
		y.Items[i].Line, j.Items[i].Line = 0, 0
	}
	require.Equal(t, y.Items, j.Items)
	require.Equal(t, Item{
		ID: y.Items[0].ID, Source: "films/one.mp4", Title: "One",
		In: 10 * time.Second, Out: 45 * time.Minute, Repeat: 1,
	}, y.Items[0])
	ident := y.Items[2]
	require.Equal(t, []any{"ident.mp4", 3, -2.0, "deu", false}, []any{ident.Title, ident.Repeat, ident.GainDB, ident.Audio, ident.Loop})
	require.Equal(t, "cam.example/door", y.Items[3].Title)
	require.Equal(t, "main.good.yml", y.File)
	require.Equal(t, "Main", y.Name)
}

func parseText(t *testing.T, text string) *Playlist {
	list, ps := Parse("main.yml", []byte(text), options)
	require.Empty(t, ps.String())
	return list
}

func TestNamesFallBackToFileNames(t *testing.T) {
	list := parseText(t, "items:\n  - {source: films/one.mp4}\n  - {source: \"http://ops:geheim@cam.example/x/?token=geheim\", duration: 9s}\n")
	require.Equal(t, "main", list.Name)
	require.Equal(t, "one.mp4", list.Items[0].Title)
	require.Equal(t, "cam.example/x", list.Items[1].Title)
	require.True(t, list.Loop)
}

// An item is the same wherever it stands; of equal ones, the n-th is the n-th.
func TestIdentity(t *testing.T) {
	before := parseText(t, "items:\n  - {source: a.mp4}\n  - {source: b.mp4, in: \"00:01\"}\n  - {source: a.mp4}\n").Items
	after := parseText(t, "# moved\nitems:\n  - {in: 1s, source: b.mp4}\n  - {source: a.mp4, loop: 1}\n  - source: a.mp4\n").Items
	require.Equal(t, before[1].ID, after[0].ID)
	require.Equal(t, before[0].ID, after[1].ID)
	require.Equal(t, before[2].ID, after[2].ID)
	require.NotEqual(t, before[0].ID, before[2].ID)
	// Every field counts.
	var seen []string
	for _, fields := range []string{
		"source: a", "source: b", "source: a, title: x", "source: a, in: 1s", "source: a, out: 1s", "source: a, duration: 1s",
		"source: a, loop: 2", "source: a, loop: true, duration: 1s", "source: a, audio: deu", "source: a, gain_db: 1",
		"folder: a, title: a", "folder: a, title: a, order: newest", "folder: a, title: a, count: 1", "folder: a, title: a, recursive: true", "folder: b, title: a",
		"playlist: a, title: a", "playlist: b, title: a",
	} {
		id := parseText(t, "items:\n  - {"+fields+"}\n").Items[0].ID
		require.NotContains(t, seen, id, fields)
		require.Len(t, id, 16)
		seen = append(seen, id)
	}
}

func TestResolve(t *testing.T) {
	for source, want := range map[string]string{
		"a.mp4":                 "/srv/media/a.mp4",
		"./x/../a b.mp4":        "/srv/media/a b.mp4",
		"/srv/media/x/a.mp4":    "/srv/media/x/a.mp4",
		"..a.mp4":               "/srv/media/..a.mp4",
		"concat:a|b":            "/srv/media/concat:a|b",
		"RTSP://CAM.example/a":  "RTSP://CAM.example/a",
		"http://cam.example:80": "http://cam.example:80",
	} {
		got, err := options.Resolve(source)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, source := range []string{"", " ", "..", "../media/a", "x/../..", "/", "/srv/mediapool/a", "/srv/media", "gopher://x/y", "http://other.example/"} {
		_, err := options.Resolve(source)
		require.Error(t, err, source)
	}
	_, err := Options{Schemes: []string{"http"}}.Resolve("http://any.example/x")
	require.NoError(t, err, "no list of hosts allows any")
}

func TestRedact(t *testing.T) {
	for source, want := range map[string]string{
		"films/a?b#c.mp4":                      "films/a?b#c.mp4",
		"http://cam.example/x":                 "http://cam.example/x",
		"rtsp://ops:geheim@cam.example/x":      "rtsp://cam.example/x…",
		"http://cam.example/x?token=geheim#ge": "http://cam.example/x…",
		"http://cam.example:geheim@/":          "http:///…",
	} {
		require.Equal(t, want, Redact(source))
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	_, ps := Load(filepath.Join(dir, "none.yml"), options)
	require.EqualError(t, ps.Err(), filepath.Join(dir, "none.yml")+":1:1: there is no such file: create it, or correct its name")
	_, ps = Load(dir, options)
	require.ErrorContains(t, ps.Err(), "this is a directory")
	pipe := filepath.Join(dir, "pipe.yml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, ps = Load(pipe, options)
	require.ErrorContains(t, ps.Err(), "this is no plain file")
	path := filepath.Join(dir, "big.yml")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Truncate(path, MaxSize+1))
	_, ps = Load(path, options)
	require.ErrorContains(t, ps.Err(), "larger than 64 MiB")
}

// A large playlist is read in a moment, and so is what is wrong with it.
func TestManyItems(t *testing.T) {
	var b strings.Builder
	b.WriteString("items:\n")
	for i := range 6_000 {
		fmt.Fprintf(&b, "  - {source: films/%d.mp4, title: \"Film %d\", in: 10s}\n", i, i)
	}
	begun := time.Now()
	require.Len(t, parseText(t, b.String()).Items, 6_000)
	_, ps := Parse("main.yml", []byte(b.String()+"  - {source: a: b}\n"), options)
	require.Len(t, ps, 1)
	require.Equal(t, 6_002, ps[0].Line)
	_, ps = Parse("main.yml", []byte(strings.ReplaceAll(b.String(), "in: 10s", "in: x, out: 0")), options)
	require.Len(t, ps, 1001)
	require.Equal(t, "main.yml:502:52: and 11000 more: mend the first ones, and look again", ps[1000].String())
	t.Logf("%v for %d KiB, three times", time.Since(begun), b.Len()>>10)
	require.Less(t, time.Since(begun), 20*time.Second)
}

func TestSchedule(t *testing.T) {
	list, _ := parseFile(t, "testdata/scheduled.good.yml")
	s := list.Schedule
	require.Equal(t, "0 20 * * 1-5", s.Cron.String())
	require.Equal(t, "23:00", s.Until.String())
	require.Nil(t, s.At)
	require.Equal(t, Schedule{
		Cron: s.Cron, Start: Soft, SoftMax: 5 * time.Minute, Until: s.Until, Priority: 5, Return: Restart, Fill: FillCut, Late: Join,
	}, *s)
	require.False(t, list.Loop, "a scheduled playlist ends")
	require.Equal(t, &Folder{Path: "promos", Order: Shuffle, Count: 2, Recursive: true}, list.Items[0].Folder)
	require.Equal(t, []any{"promos", 3, "deu", -2.0, 30 * time.Second},
		[]any{list.Items[0].Title, list.Items[0].Repeat, list.Items[0].Audio, list.Items[0].GainDB, list.Items[0].Duration})
	require.Equal(t, &Folder{Path: ".", Order: Newest}, list.Items[1].Folder)
	require.Equal(t, &Folder{Path: "films", Order: Sorted}, list.Items[2].Folder)
	require.Equal(t, []string{"sub/other.yml", "The other"}, []string{list.Items[3].Include, list.Items[3].Title})
	require.Equal(t, []string{"third.m3u", "third.m3u"}, []string{list.Items[4].Include, list.Items[4].Title})

	list, _ = parseFile(t, "testdata/once.good.yml")
	require.Equal(t, "2026-12-31 23:59:50", list.Schedule.At.String())
	require.Equal(t, []any{Hard, Resume, FillFit, Begin, time.Hour},
		[]any{list.Schedule.Start, list.Schedule.Return, list.Schedule.Fill, list.Schedule.Late, list.Schedule.Duration})
	require.True(t, list.Loop, "as written")

	list, _ = parseFile(t, "testdata/not-looped.good.yml")
	require.False(t, list.Loop)
	require.Nil(t, list.Schedule)
}

func TestNamesOfFiles(t *testing.T) {
	for path, want := range map[string]string{
		"/srv/lists/main.yml": "main.yml", "/srv/lists/2026/11/a.json": "2026/11/a.json", "/srv/other/b.yml": "b.yml",
		"/srv/lists": "lists", "/srv/lists/..a.yml": "..a.yml",
	} {
		require.Equal(t, want, NameIn("/srv/lists", path))
	}
	o := options
	o.Name = "sub/main.yml"
	first, ps := Parse("/srv/lists/sub/main.yml", []byte("items: [{source: a.mp4}]\n"), o)
	require.Empty(t, ps)
	require.Equal(t, []string{"sub/main.yml", "main"}, []string{first.File, first.Name})
	again, _ := Parse("/srv/lists/sub/main.yml", []byte("items: [{source: b.mp4}]\n"), o)
	require.Len(t, first.Version, 16)
	require.NotEqual(t, first.Version, again.Version)
	_, ps = Parse("/srv/lists/sub/main.yml", []byte("items: [{playlist: sub/../sub/main.yml}]\n"), o)
	require.EqualError(t, ps.Err(), `/srv/lists/sub/main.yml:1:20: playlist: "sub/../sub/main.yml" is this playlist itself: name another, or write loop: true above items`)
}
