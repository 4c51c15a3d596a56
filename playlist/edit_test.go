package playlist

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const commented = `# The channel's own list.
name: Main   # as on the air

# Every evening.
schedule: {cron: "0 20 * * *"}

items:
  # The opening.
  - {source: one.mp4, title: "One"}   # ours

  # A film in lines of its own.
  - source: two.mp4
    # The credits are cut.
    out: "01:30:00"

  - {folder: promos}
  # The end.
  - {source: four.mp4}
# Nothing follows.
`

func edited(t *testing.T, change func(p *Playlist)) string {
	p := parseText(t, commented)
	change(p)
	out, ps := Edit("main.yml", []byte(commented), p, options)
	require.Empty(t, ps.String())
	again, ps := Parse("main.yml", out, options)
	require.Empty(t, ps.String())
	require.Equal(t, string(Encode(p, nil)), string(Encode(again, nil)))
	return string(out)
}

func TestEditKeepsWhatThePersonWrote(t *testing.T) {
	require.Equal(t, commented, edited(t, func(*Playlist) {}), "nothing changed")

	require.Equal(t, strings.Replace(commented, `title: "One"`, "title: First", 1),
		edited(t, func(p *Playlist) { p.Items[0].Title = "First" }), "the line's comment stays")

	require.Equal(t, strings.Replace(commented, "name: Main ", "name: Second ", 1),
		edited(t, func(p *Playlist) { p.Name = "Second" }))

	require.Equal(t, strings.Replace(commented, `schedule: {cron: "0 20 * * *"}`+"\n", "loop: true\n", 1),
		strings.Replace(edited(t, func(p *Playlist) { p.Schedule, p.Loop = nil, true }), "\nitems:", "loop: true\n\nitems:", 1), "the comment above it stays")

	moved := edited(t, func(p *Playlist) { p.Items[0], p.Items[3] = p.Items[3], p.Items[0] })
	require.Contains(t, moved, "items:\n  # The end.\n  - {source: four.mp4}\n")
	require.Contains(t, moved, "  # The opening.\n  - {source: one.mp4, title: \"One\"}   # ours\n# Nothing follows.\n")

	both := edited(t, func(p *Playlist) {
		first := p.Items[0]
		first.Title = "First"
		p.Items = append(p.Items[1:], first)
	})
	require.Contains(t, both, "  - {source: four.mp4}\n  # The opening.\n  - {source: one.mp4, title: First}   # ours\n", "changed and moved")

	gone := edited(t, func(p *Playlist) { p.Items = p.Items[1:3] })
	require.NotContains(t, gone, "one.mp4")
	require.NotContains(t, gone, "# The end.")
	require.Contains(t, gone, "    # The credits are cut.\n    out: \"01:30:00\"\n\n  - {folder: promos}\n# Nothing follows.\n")

	more := edited(t, func(p *Playlist) {
		p.Items = append(p.Items[:2:2], append([]Item{{Source: "new: one.mp4", In: time.Second, Repeat: 1}}, p.Items[2:]...)...)
	})
	require.Equal(t, strings.Replace(commented, "\n  - {folder", "  - {source: \"new: one.mp4\", in: \"00:00:01\"}\n\n  - {folder", 1), more)

	other := edited(t, func(p *Playlist) { p.Items[3].Source, p.Items[3].Title = "five.mp4", "" })
	require.Equal(t, strings.Replace(commented, "four.mp4", "five.mp4", 1), other)

	require.Equal(t, "name: Main\nschedule: {cron: \"0 20 * * *\", start: hard}\nitems: []\n",
		func() string {
			p := parseText(t, commented)
			p.Items = nil
			out, _ := Edit("main.yml", []byte(commented), p, options)
			return string(out)
		}(), "an empty list is written anew")
}

func TestEditBeforeOtherKeys(t *testing.T) {
	old := "items:\n  # one\n  - {source: one.mp4}\n# how\nloop: false # not\nname: N\n"
	p := parseText(t, old)
	p.Items[0].In = time.Minute
	out, ps := Edit("main.yml", []byte(old), p, options)
	require.Empty(t, ps)
	require.Equal(t, strings.Replace(old, "one.mp4}", "one.mp4, in: \"00:01:00\"}", 1), string(out))
	p.Name = "M"
	out, ps = Edit("main.yml", []byte(old), p, options)
	require.Empty(t, ps)
	require.Equal(t, "name: M\nloop: false\nitems:\n  - {source: one.mp4, in: \"00:01:00\"}\n", string(out), "such a file is written anew")
}

func TestEditOfOtherLayouts(t *testing.T) {
	for name, old := range map[string]string{
		"flow.yml":    `{items: [{source: a.mp4}, {source: b.mp4}]}`,
		"bracket.yml": "items: [{source: a.mp4},\n  {source: b.mp4}] # two\n",
		"below.yml":   "items:\n-\n  source: a.mp4\n-\n  source: b.mp4\nname: X",
		"tight.yml":   "items:\n- source: a.mp4\n- source: b.mp4",
		"broken.yml":  "items: [",
		"bom.yml":     "\ufeffitems:\n- source: a.mp4\n- source: b.mp4\n",
		"dos.yml":     "items:\r\n- source: a.mp4 # x\r\n- source: b.mp4\r\n",
		"folded.yml":  "items:\n- source: a.mp4\n  title: >\n    # no\n    comment\n- source: b.mp4\n",
		"list.json":   `{"items": [{"source": "a.mp4"}]}`,
		"new.yml":     "",
	} {
		p := parseText(t, "name: N\nitems:\n  - {source: b.mp4, gain_db: -2.5}\n  - {source: a.mp4}\n  - {source: c.mp4}\n")
		out, ps := Edit(name, []byte(old), p, options)
		require.Empty(t, ps.String(), name)
		again, ps := Parse(name, out, options)
		require.Empty(t, ps.String(), name)
		require.Equal(t, string(Encode(p, nil)), string(Encode(again, nil)), name)
	}
	for _, name := range []string{"a.m3u", "a.M3U8", "a.txt", "a.json"} {
		out, ps := Edit(name, []byte(`{"program": []}`), &Playlist{}, options)
		require.Nil(t, out)
		require.EqualError(t, ps.Err(), name+":1:1: airloom reads this format and does not write it: save the playlist as a.yml")
	}
	out, ps := Edit("a.yml", []byte("items:\n  - {source: a.mp4}\n"), &Playlist{Loop: true, Items: []Item{{Source: "../a.mp4", Repeat: 1}}}, options)
	require.Nil(t, out)
	require.ErrorContains(t, ps.Err(), "leaves the media root")
}

// What is written reads the same, whatever the texts hold.
func TestEncodeRoundTrip(t *testing.T) {
	list := parseText(t, commented)
	list.Items[2].Folder = &Folder{Path: "a: b", Order: Newest, Count: 3, Recursive: true}
	for _, text := range []string{
		"1984", "1e5", "0x1F", "null", "~", "Yes", "no", "true", ".nan", "2026-11-21", "12:30", "-", "- a", "a: b", "a #b", "a, b", "{a}", "[a]",
		"&a", "*a", "!a", "%a", "@a", "`a", "'a'", `"a"`, `a\b`, "a\\", "é", "日本", "🎬", "a\u2028b", "\ufeff", "\u00a0", " a ", "a  b", "=", "<<", "a:", "|", ">", "?", "?a",
		"1_000", "+1", "30d", "10s", "x" + strings.Repeat("y", 300), "a b/c.d-e+f(g)", "\U0001F1E9", "e\u0301", "\u200b", "\ue000",
	} {
		list.Items = append(list.Items, Item{Source: "x/" + text, Repeat: 1}, Item{Source: "x", Title: text, Repeat: 1}, Item{Include: "sub/" + text + ".yml", Repeat: 1, Title: "T"})
	}
	for _, d := range []time.Duration{1, time.Millisecond, 999 * time.Millisecond, time.Second, 90 * time.Second, time.Minute, 114720 * time.Millisecond, time.Hour, 25*time.Hour + 1} {
		list.Items = append(list.Items, Item{Source: "d", In: d, Duration: d, Repeat: 3, GainDB: -1.25, Audio: "2"}, Item{Source: "d", In: d, Out: 2 * d, Repeat: 1},
			Item{Source: "d", Duration: d, Loop: true, Repeat: 1})
	}
	for i := range list.Items {
		if list.Items[i].Title == "" {
			list.Items[i].Title = list.Items[i].usualTitle()
		}
	}
	for name, data := range map[string][]byte{"a.yml": Encode(list, nil), "a.json": EncodeJSON(list)} {
		again, ps := Parse(name, data, options)
		require.Empty(t, ps.String())
		require.Equal(t, list.Schedule, again.Schedule)
		require.Equal(t, list.Name, again.Name)
		require.Equal(t, list.Loop, again.Loop)
		require.Len(t, again.Items, len(list.Items))
		for i := range list.Items {
			want, got := list.Items[i], again.Items[i]
			want.ID, want.Line, got.ID, got.Line = "", 0, "", 0
			require.Equal(t, want, got, name)
		}
		require.Equal(t, string(Encode(list, nil)), string(Encode(again, nil)))
	}
}

func TestEncodeSaysWhatWasLost(t *testing.T) {
	var lost Problems
	lost.Warnf(Position{File: "/srv/x/day.json", Line: 3, Column: 5}, "audio: gone\nfor good")
	p := parseText(t, "items: [{source: a.mp4}]\n")
	require.Equal(t, "# day.json:3:5: audio: gone?for good\nname: main\nitems:\n  - {source: a.mp4}\n", string(Encode(p, lost)))
}

// Many edits in a large file take no longer than reading it does.
func TestEditOfManyItems(t *testing.T) {
	var b strings.Builder
	b.WriteString("items:\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "  # %d\n  - {source: films/%d.mp4}\n", i, i%100)
	}
	p := parseText(t, b.String())
	p.Items = append(p.Items[1:], p.Items[0])
	begun := time.Now()
	out, ps := Edit("main.yml", []byte(b.String()), p, options)
	require.Empty(t, ps)
	require.Equal(t, 20_000, strings.Count(string(out), "#"))
	require.Less(t, time.Since(begun), 10*time.Second)
}
