package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// many is how many items a large playlist has: no two of the same length, in the
// same place of the same file, so that each has to be looked at by itself.
const many = 100_000

// manyItems is a large playlist in YAML or JSON; edited is how item 1 is called.
func manyItems(json bool, edited string) string {
	var b strings.Builder
	head, line, between, foot := "items:\n", "  - {source: %s, title: %q, in: %q, out: %q}", "\n", "\n"
	if json {
		head, line, between, foot = `{"items": [`, `{"source": %q, "title": %q, "in": %q, "out": %q}`, ",\n", "]}"
	}
	b.WriteString(head)
	for i := range many {
		title := fmt.Sprintf("item %d", i)
		if i == 1 {
			title = edited
		}
		if i > 0 {
			b.WriteString(between)
		}
		in, length := i/12%50, 25+i/600%176
		if i == 0 {
			in, length = 0, 150 // time enough for an edit
		}
		fmt.Fprintf(&b, line, fmt.Sprintf("f%d.mp4", i%12), title, at25(in), at25(in+length))
	}
	b.WriteString(foot)
	return b.String()
}

// at25 is when a picture of 25 a second is shown, as playlists have it.
func at25(n int) string { return fmt.Sprintf("00:00:%06.3f", float64(n)/25) }

// A channel with two items on air is given a hundred thousand: the air does not
// notice, and neither does who asks for the status; an edit to one of them airs
// next; and a channel that starts with them is as quick as any.
func TestPlan05HundredThousandItems(t *testing.T) {
	names := []string{"main.yml"}
	if airtest.Soak() {
		names = append(names, "main.json")
	}
	for _, name := range names { // by itself: what is judged is what the many cost
		t.Run(name, func(t *testing.T) { bigPlaylist(t, name) })
	}
}

func bigPlaylist(t *testing.T, name string) {
	json := strings.HasSuffix(name, "json")
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2)
	media := mediaOf(clips...)
	for i := range 12 {
		media[fmt.Sprintf("f%d.mp4", i)] = clips[i%2]
	}
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	small := `items: [{source: long2.mp4, out: "00:00:06"}, {source: long1.mp4}]`
	if json {
		small = `{"items": [{"source": "long2.mp4", "out": "00:00:06"}, {"source": "long1.mp4"}]}`
	}
	ch := airtest.Airloom(t, airtest.Setup{
		Output: tap.URL("one"), Media: media, Lists: map[string]string{name: small},
		Sections: map[string]string{"playlists": "{watch: ./playlists, base: " + name + "}", "state": "{dir: ./state, resume: clock}"},
	})
	ch.Publishing(10 * time.Second)
	before := ch.Usage()
	took, slowest := dropAndAsk(t, ch, name, manyItems(json, "item 1"), func(s control.Status) bool {
		return s.Next != nil && s.Next.Title == "item 0"
	})
	airtest.Judge(t, "from the file's being there to what is next", took, 5*time.Second, m.Others())
	airtest.Judge(t, "the slowest answer meanwhile", slowest, 300*time.Millisecond, m.Others())
	ch.Until(15*time.Second, "the first of the many airs", func(s control.Status) bool { return s.Now != nil && s.Now.Title == "item 0" })
	took, slowest = dropAndAsk(t, ch, name, manyItems(json, "edited"), func(s control.Status) bool {
		return s.Now.Title == "item 0" && s.Next != nil && s.Next.Title == "edited"
	})
	airtest.Judge(t, "from an edit to what is next", took, 5*time.Second, m.Others())
	airtest.Judge(t, "the slowest answer meanwhile", slowest, 300*time.Millisecond, m.Others())
	ch.Until(15*time.Second, "the edited item airs", func(s control.Status) bool { return s.Now != nil && s.Now.Title == "edited" })
	var third time.Time // when item 2 began: each from there on lasts a second
	ch.Until(15*time.Second, "what follows airs", func(s control.Status) bool {
		if s.Now == nil || s.Now.Title != "item 2" {
			return false
		}
		third = s.Now.StartedAt
		return true
	})
	usage := ch.Usage()
	t.Logf("with two items %+v\nwith many %+v", before, usage)
	require.Less(t, usage.RootRSS-before.RootRSS, int64(600<<20))
	r, others := untilStop(t, ch, srv, time.Now().Add(300*time.Millisecond), clips, m)
	long1, long2 := clips[0], clips[1]
	r.RequireAirs(t, []airtest.Piece{{Clip: long2, To: 149, Near: 12}, {Clip: long1, To: 149}, {Clip: long2, To: 24}, {Clip: long1}})
	r.RequireContiguous(t)
	r.RequireSound(t)
	startWithMany(t, ch, tap, third, others)
}

// startWithMany starts the channel again: it does not wait for the many, and goes
// on by the clock all the same.
func startWithMany(t *testing.T, ch *airtest.Channel, tap *airtest.Tap, third time.Time, others float64) {
	passed := len(tap.Media())
	ch.Section("output", `{url: "`+tap.URL("two")+`"}`)
	ch.Again()
	ch.Publishing(10 * time.Second)
	m := airtest.Watch()
	ch.Until(10*time.Second, "it goes on", func(s control.Status) bool { return s.Now != nil && s.Now.Index >= 2 && s.Next != nil })
	s := lastStatus(t, ch)
	programme := time.Duration(s.Now.Index-2)*time.Second + time.Duration(s.Now.PositionS*float64(time.Second))
	t.Logf("the programme goes on %v after exec, with item %d", time.Since(ch.Started), s.Now.Index)
	// What is left of an item of a second is not worth going on with.
	airtest.Judge(t, "the programme against the clock", (programme - time.Since(third)).Abs(), 1500*time.Millisecond, others)
	first := tap.Media()[passed].At.Sub(ch.Started)
	airtest.Judge(t, "exec to the first media at the server", first, 1200*time.Millisecond, others)
	length := 3 * time.Second
	if airtest.Soak() {
		length = 3 * time.Minute
	}
	at := time.Now()
	used := ch.Usage()
	airtest.Stay(t, length, func() string { return ended(ch) })
	after := ch.Usage()
	t.Logf("%v later: %.1f %% of a processor, %+v", length, 100*(after.CPU-used.CPU).Seconds()/time.Since(at).Seconds(), after)
	s = lastStatus(t, ch)
	airtest.Judged(t, m.Others(), func(t testing.TB) {
		require.Less(t, s.Encoder.HeldTicks, int64(100), "ticks without a programme")
		require.Zero(t, s.Encoder.SkippedTicks)
	})
	_, code := ch.Stop()
	require.Zero(t, code)
	require.Zero(t, ch.Logged("no such playlist"), "what is still being read is not missing")
}

// dropAndAsk puts a playlist in place and asks for the status until it is as
// wanted: how long that took, and the slowest answer.
func dropAndAsk(t *testing.T, ch *airtest.Channel, name, text string, done func(control.Status) bool) (took, slowest time.Duration) {
	t.Helper()
	ch.Drop(name, text)
	begin := time.Now()
	ch.Until(15*time.Second, "the playlist is in use", func() func(s control.Status) bool {
		asked := time.Now()
		return func(s control.Status) bool {
			slowest = max(slowest, time.Since(asked)-20*time.Millisecond)
			asked = time.Now()
			return done(s)
		}
	}())
	return time.Since(begin), slowest
}
