package playlist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every foreign file has beside it what is said of it, and what it is in our words.
func TestForeignFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/foreign/*")
	require.NoError(t, err)
	tested := 0
	for _, path := range files {
		if strings.HasSuffix(path, ".golden") {
			continue
		}
		tested++
		t.Run(filepath.Base(path), func(t *testing.T) {
			list, ps := parseFile(t, path)
			got := ps.String() + "\n"
			if list != nil {
				got += string(Encode(list, nil))
				again, problems := Parse("again.yml", Encode(list, ps), options)
				require.False(t, problems.Fatal(), problems.String())
				require.Equal(t, string(Encode(list, nil)), string(Encode(again, nil)))
			}
			if *update {
				require.NoError(t, os.WriteFile(path+".golden", []byte(got), 0o644))
			}
			want, err := os.ReadFile(path + ".golden")
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			require.NotContains(t, got, "geheim")
			require.Equal(t, ps.Fatal(), list == nil)
		})
	}
	require.Greater(t, tested, 15)
}

func TestDayOfFfplayout(t *testing.T) {
	data, err := os.ReadFile("testdata/foreign/documented.json")
	require.NoError(t, err)
	for name, want := range map[string]string{
		"day.json": "2026-07-15 05:59:25", "/lists/2026/07/2026-07-16.json": "2026-07-16 05:59:25",
	} {
		list, _ := Parse(name, data, options)
		s := list.Schedule
		require.Equal(t, want, s.At.String())
		require.Equal(t, []any{Hard, "05:59:25", Join, false}, []any{s.Start, s.Until.String(), s.Late, list.Loop}, "until the next day's start: a day may have 23 or 25 hours")
		require.Equal(t, "My Channel "+want[:10], list.Name)
	}
	o := options
	o.DayStart = "06:00"
	list, _ := Parse("day.json", data, o)
	require.Equal(t, "2026-07-15 06:00", list.Schedule.At.String())
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "2026-07-15T04:00:00Z", list.Schedule.At.In(zone).UTC().Format(time.RFC3339))
}

// What comes over http may be a stream without an end: the length that the list
// gives is its end, and a list that gives none is told.
func TestStreamsOverHTTP(t *testing.T) {
	list, ps := Parse("list.m3u", []byte("#EXTINF:30,Live\nhttp://cam.example/live.m3u8\n#EXTINF:30,File\nhttp://cam.example/a.mp4\nhttps://cam.example/live\n"), options)
	require.Equal(t, 30*time.Second, list.Items[0].Duration)
	require.Zero(t, list.Items[1].Duration, "a file ends by itself, and its length is often rounded")
	require.Contains(t, ps.String(), "list.m3u:5:1: warning: a live source without a duration")
	_, ps = Parse("list.yml", []byte("items:\n  - {source: \"https://cam.example/live.m3u8\"}\n  - {source: \"https://cam.example/a.mp4\"}\n"), options)
	require.Equal(t, "list.yml:2:14: warning: a live source without a duration airs until it breaks off: add a duration\n", ps.String())
}

// VLC percent-encodes the names that it writes; a name with a blank in it is none.
func TestEncodedNames(t *testing.T) {
	for line, want := range map[string]string{
		"a%20b%C3%A4.mp4": "a bä.mp4", "a b%20c.mp4": "a b%20c.mp4", "100%.mp4": "100%.mp4", "a%zz.mp4": "a%zz.mp4", "a%ff.mp4": "a%ff.mp4",
		`a\b.mp4`: "a/b.mp4", `a/b\c.mp4`: `a/b\c.mp4`, "http://cam.example/a%20b.mp4": "http://cam.example/a%20b.mp4",
	} {
		list, ps := Parse("list.m3u", []byte(line+"\n"), options)
		require.Empty(t, ps)
		require.Equal(t, want, list.Items[0].Source)
	}
}

// An M3U in the media root names its neighbours, one elsewhere what is in the root.
func TestRelativeToTheList(t *testing.T) {
	for name, want := range map[string]string{
		"/srv/media/films/list.m3u": "films/x/a.mp4", "/srv/lists/list.m3u": "x/a.mp4", "list.m3u": "x/a.mp4", "/srv/media/list.txt": "x/a.mp4",
	} {
		list, ps := Parse(name, []byte("x/a.mp4\n"), options)
		require.Empty(t, ps)
		require.Equal(t, want, list.Items[0].Source, name)
	}
	list, ps := Parse("/srv/media/films/list.m3u", []byte("../a.mp4\n"), options)
	require.Empty(t, ps)
	require.Equal(t, "a.mp4", list.Items[0].Source)
	_, ps = Parse("/srv/media/films/list.m3u", []byte("../../a.mp4\n"), options)
	require.ErrorContains(t, ps.Err(), "outside of the media root")
	list, ps = Parse("/lists/list.m3u", []byte("/anywhere/a.mp4\n"), Options{})
	require.Empty(t, ps)
	require.Equal(t, "/anywhere/a.mp4", list.Items[0].Source, "without a root paths stay as they are")
}
