package main_test

import (
	"cmp"
	"os/user"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// An operator at work, with the real program: what each command does is on air
// when it is answered, and the as-run log has who asked.
func TestPlan08Commands(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain2, airtest.Plain3)
	long1, long2, plain2, plain3 := clips[0], clips[1], clips[2], clips[3]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Items: airtest.Items(long1, long2), Media: mediaOf(clips...), Lists: map[string]string{
		"news.yml": "items: [{source: plain2.mp4}, {source: plain3.mp4}]\n",
	}})
	ch.Publishing(10 * time.Second)
	var said []airtest.Said
	ctl := func(title string, from float64, args ...string) {
		t.Helper()
		airingTitle(ch, title, from)
		s := ch.Must(append([]string{"ctl"}, args...)...)
		t.Logf("%v: %s", args, s.Out)
		said = append(said, s)
	}
	ctl("long1", 2, "skip")
	ctl("long2", 2, "back")
	ctl("long1", 4, "seek", "2s")
	ctl("long1", 3.1, "take", "news.yml#2")
	ctl("plain3.mp4", 1, "undo")
	ctl("long1", 5.1, "take", "news.yml#2")
	ctl("long1", 6.5, "take", "news.yml", "--next")
	next := len(said) - 1
	ctl("long2", 2, "hold", "on")
	airtest.Stay(t, 1500*time.Millisecond, nil)
	ctl("long2", 0, "hold", "off")
	ctl("long2", 3, "slate", "on")
	airtest.Stay(t, 1500*time.Millisecond, nil)
	ctl("long2", 0, "slate", "off")
	r, others := untilStop(t, ch, srv, time.Now().Add(2*time.Second), clips, m)

	pieces := []airtest.Piece{
		{Clip: long1, Cut: true},
		{Clip: long2, Cut: true},           // skip
		{Clip: long1, Cut: true},           // back
		{Clip: long1, From: 50, Cut: true}, // seek
		{Clip: plain3, Cut: true},          // take
		{Clip: long1, Would: true, Cut: true},
		{Clip: plain3}, // take
		{Clip: long1, GoesOn: true},
		{Clip: plain2}, // the taken as next, and what follows it
		{Clip: plain3},
		{Clip: long2, Held: true, Cut: true}, // hold on and off
		{Slate: true},
		{Clip: long2, GoesOn: true},
	}
	r.RequireAirs(t, pieces)
	r.RequireContiguous(t)
	holds := r.Holds()
	if t.Failed() || len(holds) == 0 {
		t.Fatalf("holds: %v", holds)
	}
	asked := said[next+1].Asked
	hold := slices.MinFunc(holds, func(a, b airtest.Span) int { // a busy machine makes others
		return cmp.Compare(r.Wall(tap, a.From).Sub(asked).Abs(), r.Wall(tap, b.From).Sub(asked).Abs())
	})
	slate := airtest.Span{From: r.Runs[len(r.Runs)-2].From, To: r.Runs[len(r.Runs)-2].To}
	r.Mute = []airtest.Span{hold, slate}
	r.RequireSound(t)
	requireQuiet(t, r, hold, slate)
	requireAnswers(t, r, tap, said, next, append(starts(r), hold.From, hold.To, slate.From, slate.To), others)
	r.Excuse.Held += int64(25 * (hold.To - hold.From).Seconds()) // marks beside the hold say nothing
	r.RequireSync(t)
	requireByWhom(t, ch.AsRun())
}

// airingTitle waits until the item of that title has come to a time in it.
func airingTitle(ch *airtest.Channel, title string, from float64) {
	ch.Until(20*time.Second, title+" airs", func(s control.Status) bool {
		return s.Now != nil && s.Now.Title == title && s.Now.PositionS >= from
	})
}

// starts is where the pieces begin that commands have put on air.
func starts(r *airtest.Report) (at []time.Duration) {
	for _, i := range []int{1, 2, 3, 4, 5, 6} {
		at = append(at, r.Runs[i].From)
	}
	return at
}

// requireAnswers fails unless each command is answered once its effect is on air,
// and that soon.
func requireAnswers(t *testing.T, r *airtest.Report, tap *airtest.Tap, said []airtest.Said, next int, effects []time.Duration, others float64) {
	t.Helper()
	judged := append(append([]airtest.Said{}, said[:next]...), said[next+1:]...) // that it is next shows only later
	require.Len(t, effects, len(judged))
	for i, s := range judged {
		on := r.Wall(tap, effects[i]) // that is when the picture has been coded
		t.Logf("command %d: on the wire %v after it was asked, answered %v after that", i+1, on.Sub(s.Asked), s.Answered.Sub(on))
		require.Greater(t, on.Sub(s.Asked), time.Duration(0), "an effect before its command")
		require.Greater(t, s.Answered.Sub(on), -2*40*time.Millisecond, "an answer before the effect")
		airtest.Judge(t, "from command to effect", on.Sub(s.Asked), time.Second, others)
		airtest.Judge(t, "from effect to answer", s.Answered.Sub(on), 200*time.Millisecond, others)
	}
}

// requireQuiet fails unless there is silence in the stretches.
func requireQuiet(t *testing.T, r *airtest.Report, stretches ...airtest.Span) {
	t.Helper()
	for _, s := range stretches {
		var quiet time.Duration
		for _, q := range r.Quiet {
			quiet += max(0, min(q.To, s.To)-max(q.From, s.From))
		}
		require.Greater(t, quiet, s.To-s.From-200*time.Millisecond, "silence from %v to %v", s.From, s.To)
	}
}

// requireByWhom fails unless the as-run log abuts and names who asked.
func requireByWhom(t *testing.T, rows []airtest.Entry) {
	t.Helper()
	requireAbut(t, rows)
	me, err := user.Current()
	require.NoError(t, err)
	by := me.Username + " (ctl)"
	var got [][3]string
	broken := false // by a hold that nobody asked for
	for _, row := range rows[:len(rows)-1] {
		switch n := len(got) - 1; {
		case row.Ticks == 0 || row.Cause == "" && row.Outcome != "played":
			broken = true
			continue
		case broken && n >= 0 && got[n] == [3]string{row.Title, "played", ""}:
			got = got[:n]
		}
		broken = false
		got = append(got, [3]string{row.Title, row.Outcome, row.Cause})
	}
	require.Equal(t, [][3]string{
		{"long1", "skipped", "skipped by " + by},
		{"long2", "cut", "back to the item before by " + by},
		{"long1", "cut", "moved to 00:00:02 by " + by},
		{"long1", "cut", "'plain3.mp4' (news.yml #2) taken by " + by},
		{"plain3.mp4", "cut", "take undone by " + by},
		{"long1", "cut", "'plain3.mp4' (news.yml #2) taken by " + by},
		{"plain3.mp4", "played", ""},
		{"long1", "played", ""},
		{"plain2.mp4", "played", ""},
		{"plain3.mp4", "played", ""},
		{"long2", "played", ""},
		{"long2", "hold", "hold by " + by},
		{"long2", "played", ""},
		{"long2", "slate", "slate by " + by},
	}, got)
}
