package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/clip"
	"airloom/playout/media"
)

// ahead is a channel that is looked at before it airs.
type ahead struct {
	dir string
	bin string
}

func newAhead(t *testing.T, kinds ...airtest.Kind) *ahead {
	t.Helper()
	a := &ahead{dir: t.TempDir(), bin: airtest.Binary(t)}
	for _, c := range airtest.Clips(t, kinds...) {
		if c.Kind == airtest.Missing {
			continue
		}
		data, err := os.ReadFile(c.Path)
		require.NoError(t, err)
		a.put(t, filepath.Join("media", filepath.Base(c.Path)), string(data))
	}
	a.put(t, "airloom.yml", "channel: {name: Ahead, timezone: Europe/Berlin}\n"+
		"house: {width: 320, height: 180}\noutput: {url: \"rtmp://127.0.0.1:1/live/one\"}\n")
	return a
}

func (a *ahead) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(a.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// run runs a command and returns what it said and its exit code.
func (a *ahead) run(t *testing.T, args ...string) (out, told string, code int) {
	t.Helper()
	cmd := exec.Command(a.bin, args...)
	cmd.Dir = a.dir
	var words strings.Builder
	cmd.Stderr = &words
	text, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return string(text), words.String(), cmd.ProcessState.ExitCode()
}

// A clip lasts, to the tick, what the reader gives, whatever its make.
func TestLengthsAreWhatAirs(t *testing.T) {
	kinds := append([]airtest.Kind{airtest.Garbage, airtest.Missing, airtest.HeaderOnly}, airtest.All...)
	a := newAhead(t, kinds...)
	files, err := os.ReadDir(filepath.Join(a.dir, "media"))
	require.NoError(t, err)
	var items []string
	want := map[string]int64{}
	for _, f := range files {
		for i, part := range []struct {
			keys string
			spec media.Spec
		}{
			{"", media.Spec{}},
			{", in: 300ms", media.Spec{In: 300 * time.Millisecond}},
			{", in: 130ms, duration: 900ms", media.Spec{In: 130 * time.Millisecond, Duration: 900 * time.Millisecond}},
			{", loop: true, duration: 5.5s", media.Spec{Loop: true, Duration: 5500 * time.Millisecond}},
		} {
			part.spec.Source = filepath.Join(a.dir, "media", f.Name())
			title := fmt.Sprintf("%s %d", f.Name(), i)
			items = append(items, fmt.Sprintf("  - {source: %q, title: %q%s}\n", f.Name(), title, part.keys))
			if n := count(t, part.spec); n > 0 {
				want[title] = n
			}
		}
	}
	a.put(t, "playlists/main.yml", "items:\n"+strings.Join(items, ""))
	out, told, code := a.run(t, "schedule", "--json", "--for", "10m")
	require.Zero(t, code, told)
	var entries []plannedEntry
	require.NoError(t, json.Unmarshal([]byte(out), &entries))
	got := map[string]int64{}
	for _, e := range entries[:len(entries)-1] {
		if _, twice := got[e.Title]; twice {
			break
		}
		got[e.Title] = *e.Ticks
	}
	require.Equal(t, want, got)
}

// count is how many ticks a clip gives; 0 if it does not open.
func count(t *testing.T, s media.Spec) (n int64) {
	t.Helper()
	r, err := clip.Open(context.Background(), s, media.Start{}, airtest.DefaultHouse)
	if err != nil {
		return 0
	}
	defer r.Close()
	slot := make([]byte, media.LayoutOf(airtest.DefaultHouse).Size)
	for err == nil {
		if _, err = r.Read(slot); err == nil {
			n++
		}
	}
	return n
}

// rehearsed is what rehearse --json says.
type rehearsed struct {
	Entries  []airedEntry `json:"entries"`
	OK       bool         `json:"ok"`
	Ticks    int64        `json:"ticks"`
	Starts   int          `json:"starts"`
	Longest  float64      `json:"longest_hold_s"`
	Findings []foundJSON  `json:"findings"`
	Problems []string     `json:"playlist_problems"`
}

func (a *ahead) rehearse(t *testing.T, code int, args ...string) (r rehearsed) {
	t.Helper()
	out, told, got := a.run(t, append([]string{"rehearse", "--json"}, args...)...)
	require.Equal(t, code, got, "%s\n%.2000s", told, out)
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	return r
}

const plannedFrom = "2026-12-05 17:55"

// What is rehearsed is what is scheduled, entry for entry. (Row 2.)
func TestScheduleAndRehearsalAgree(t *testing.T) {
	a := newAhead(t, airtest.Plain1, airtest.Plain2, airtest.NTSC, airtest.Second1, airtest.LongSound)
	for _, name := range []string{"a.mp4", "b.mp4", "c.mp4"} {
		data, err := os.ReadFile(filepath.Join(a.dir, "media/second1.mp4"))
		require.NoError(t, err)
		a.put(t, "media/promos/"+name, string(data))
	}
	a.put(t, "playlists/main.yml", `items:
  - {source: plain1.mp4, duration: 20s, loop: true}
  - {source: ntsc.mp4, loop: 3}
  - {folder: promos, order: shuffle, count: 2}
`)
	a.put(t, "playlists/news.yml", "schedule: {cron: \"0 * * * *\", start: hard, until: \"18:02\"}\nitems: [{source: longsound.mp4}]\nloop: true\n")
	a.put(t, "playlists/soft.yml", "schedule: {cron: \"7-59/10 * * * *\", start: soft}\nitems: [{source: plain2.mp4}, {playlist: part.yml}]\n")
	a.put(t, "playlists/part.yml", "items: [{source: second1.mp4, loop: 2}]\n")
	a.put(t, "playlists/fit.yml", "schedule: {at: \"2026-12-05 18:30\", start: hard, fill: fit, priority: 3}\nitems: [{source: plain2.mp4}]\n")

	out, told, code := a.run(t, "schedule", "--json", "--from", plannedFrom, "--for", "2h")
	require.Zero(t, code, told)
	var planned []plannedEntry
	require.NoError(t, json.Unmarshal([]byte(out), &planned))
	require.Equal(t, "2026-12-05T17:55:00.000+01:00", planned[0].Start)
	var sum int64
	for _, e := range planned {
		sum += *e.Ticks
	}
	require.EqualValues(t, 2*3600*25, sum)

	r := a.rehearse(t, 0, "--from", plannedFrom, "--for", "2h")
	require.True(t, r.OK)
	require.Equal(t, 2+12+1, r.Starts, "%+v", r.Findings)
	var aired []plannedEntry
	for _, e := range r.Entries {
		if *e.Ticks > 0 {
			aired = append(aired, e.plannedEntry)
		}
	}
	require.Equal(t, planned, aired)
	for _, mode := range []string{"base", "hard", "soft", "slate"} {
		require.Contains(t, out, fmt.Sprintf(`"mode":%q`, mode))
	}

	text, _, code := a.run(t, "schedule", "--from", plannedFrom, "--for", "10m")
	require.Zero(t, code)
	require.Contains(t, text, "Saturday, 5 December 2026 (CET)\n")
	require.Contains(t, text, "  18:00:00.00  00:00:02.92  hard    news.yml #1  longsound.mp4\n")
	xml, _, code := a.run(t, "schedule", "--from", plannedFrom, "--for", "10m", "--xmltv")
	require.Zero(t, code)
	require.Contains(t, xml, `start="20261205180000 +0100"`)
}

// What would go wrong is told, and is worth an exit code.
func TestRehearsalFinds(t *testing.T) {
	a := newAhead(t, airtest.Plain1, airtest.Plain2, airtest.Garbage)
	a.put(t, "playlists/main.yml", "items: [{source: plain1.mp4}, {source: garbage.mp4}, {source: plain2.mp4}]\n")
	r := a.rehearse(t, 1, "--for", "10m")
	require.Len(t, r.Findings, 1)
	require.Equal(t, "cannot-play", string(r.Findings[0].Code))
	require.Contains(t, r.Findings[0].Message, "garbage.mp4 (main.yml, item 2) cannot play: garbage.mp4 is not media")
	require.Equal(t, 1, *r.Findings[0].Index)

	a.put(t, "playlists/main.yml", "items: [{source: plain1.mp4}, {source: plain2.mp4}]\n")
	text, _, code := a.run(t, "rehearse", "--for", "1h")
	require.Zero(t, code)
	require.Contains(t, text, "Nothing goes wrong.\nThere is no gap and no hold.\n")

	r = a.rehearse(t, 1, "--for", "1m", "--inject", "stall=plain2.*@1s:4s")
	require.Equal(t, 4.0, r.Longest)
	require.False(t, r.OK)

	text, _, code = a.run(t, "rehearse", "--for", "1m", "--inject", "missing=plain1.mp4", "--entries")
	require.Equal(t, 1, code)
	require.Contains(t, text, "skipped")
	require.Contains(t, text, "1 problem to look at.")

	a.put(t, "playlists/main.yml", "items: [{playlist: none.yml}, {source: plain2.mp4}]\n")
	r = a.rehearse(t, 1, "--for", "1m")
	require.Len(t, r.Problems, 1)
	require.Regexp(t, "^playlists/main.yml:1:", r.Problems[0], "it can be opened")
	require.False(t, r.OK)

	require.NoError(t, os.RemoveAll(filepath.Join(a.dir, "playlists")))
	a.put(t, "playlists/main.yml", "items: [{source: plain1.mp4}, {sauce: x}]\n")
	r = a.rehearse(t, 1, "--for", "1m")
	require.Len(t, r.Problems, 1, "that there is no base follows from it")
	require.NoError(t, os.Remove(filepath.Join(a.dir, "playlists", "main.yml")))
	r = a.rehearse(t, 1, "--for", "1m")
	require.Len(t, r.Problems, 1)
	require.Regexp(t, "^airloom.yml:[0-9]+:[0-9]+: playlists.base: there is no playlists/main.yml", r.Problems[0])
	require.NoError(t, os.RemoveAll(filepath.Join(a.dir, "playlists")))
	r = a.rehearse(t, 1, "--for", "1m")
	require.Len(t, r.Problems, 1)
	require.Regexp(t, "/playlists:1:1: the folder of playlists cannot be read: there is no such", r.Problems[0])

	_, told, code := a.run(t, "rehearse", "--inject", "boom")
	require.Equal(t, 2, code, told)
	_, told, code = a.run(t, "schedule", "--from", "soon")
	require.Equal(t, 2, code, told)
	_, told, code = a.run(t, "schedule", "--for", "0s")
	require.Equal(t, 2, code, told)
}

// What will air begins with what is on air, and after a stop with what the
// channel would go on with.
func TestScheduleGoesOn(t *testing.T) {
	a := newAhead(t, airtest.Plain1)
	a.put(t, "playlists/main.yml", "items: [{source: plain1.mp4, duration: 10m, loop: true}]\n")
	text, err := os.ReadFile(filepath.Join(a.dir, "airloom.yml"))
	require.NoError(t, err)
	a.put(t, "airloom.yml", string(text)+"web: {listen: \"\"}\n")
	into := func(args ...string) float64 {
		out, told, code := a.run(t, append([]string{"schedule", "--json", "--for", "5s"}, args...)...)
		require.Zero(t, code, told)
		var entries []plannedEntry
		require.NoError(t, json.Unmarshal([]byte(out), &entries))
		return *entries[0].InS
	}
	require.Zero(t, into())
	ch := exec.Command(a.bin, "run")
	ch.Dir = a.dir
	require.NoError(t, ch.Start())
	airtest.Eventually(t, 20*time.Second, "the schedule goes on from the channel", func() bool { return into() > 1 })
	require.Greater(t, into("--from", "+1m"), 60.0)
	require.NoError(t, ch.Process.Signal(os.Interrupt))
	require.NoError(t, ch.Wait())
	left := into()
	require.Greater(t, left, 1.0)
	require.InDelta(t, left+60, into("--from", "+1m"), 5)
	require.Zero(t, into("--from", "-1h"), "nobody knows where it stood then: the plan begins")
}

// What nobody can look at lasts as long as another player's list says, in the
// rehearsal as in the schedule.
func TestPromisedLengthsAreRehearsed(t *testing.T) {
	a := newAhead(t, airtest.Plain1)
	a.put(t, "playlists/main.yml", "items: [{playlist: day.json}]\n")
	a.put(t, "playlists/day.json", `{"program": [
  {"in": 0, "out": 30, "duration": 30, "source": "http://airloom.invalid/a.mp4"},
  {"in": 5, "out": 20, "duration": 40, "source": "http://airloom.invalid/a.mp4"}]}`)
	out, told, code := a.run(t, "schedule", "--json", "--for", "2m", "--from", "2030-01-01")
	require.Zero(t, code, told)
	var planned []plannedEntry
	require.NoError(t, json.Unmarshal([]byte(out), &planned))
	require.Len(t, planned, 5)
	rehearsed := a.rehearse(t, 0, "--for", "2m", "--from", "2030-01-01")
	require.Len(t, rehearsed.Entries, len(planned))
	for i, e := range rehearsed.Entries {
		require.Equal(t, planned[i].Ticks, e.Ticks, i)
		require.Equal(t, planned[i].ID, e.ID, i)
	}
}
