package playout

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"airloom/playlist"
	"airloom/playout/media"
)

// chance is a clip that may have any trouble.
func chance(t *rapid.T, name string) script {
	length := int64(rapid.IntRange(1, 400).Draw(t, name+" ticks"))
	at := int64(rapid.IntRange(0, int(length)).Draw(t, name+" at"))
	sc := script{ticks: length, slowOpen: rapid.SampledFrom([]int{0, 0, 3, 30, 400}).Draw(t, name+" open")}
	switch rapid.IntRange(0, 9).Draw(t, name+" trouble") {
	case 0:
		sc.fault, sc.faultAt = media.FaultBroken, at
	case 1:
		sc.fault, sc.faultAt, sc.faultOnce = media.FaultCrashed, at, true
	case 2:
		sc.fault, sc.faultAt, sc.version = media.FaultCrashed, at, name
	case 3:
		sc.stallAt, sc.stallFor = at, rapid.SampledFrom([]int{1, 20, 80, 1000}).Draw(t, name+" stall")
	case 4:
		sc.every, sc.heavy = 3, rapid.Bool().Draw(t, name+" heavy")
	case 5:
		sc.fault = media.FaultMissing
	}
	return sc
}

// Whatever clips, clock, editors and operators do: every tick has its number and
// its samples, the sound of a clip is contiguous, the rows abut and add up, every
// order is answered, and nothing is left open (newStage sees to the last three).
func TestTheAirNeverStops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		house := pal
		house.FPS = rapid.SampledFrom([]media.Rational{{Num: 25, Den: 1}, {Num: 30000, Den: 1001}}).Draw(t, "fps")
		scripts := map[string]script{}
		names := []string{"a", "b", "c", "d", "news", "sport"}
		for _, name := range names {
			scripts[name] = chance(t, name)
		}
		st, p := newPlanned(t, house, list(names[:4]), scripts)
		if rapid.Bool().Draw(t, "filler") {
			scripts["fill"] = script{ticks: 1 << 40}
			st.cfg.Filler = &media.Spec{Source: "fill"}
		}
		var answers []chan error
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			st.steps(rapid.IntRange(1, 300).Draw(t, "steps"))
			answers = append(answers, act(t, st, p, names)...)
		}
		st.steps(200)
		checkSound(t, st)
		for i, s := range st.cam.shots {
			require.EqualValues(t, i, s.n)
		}
		st.Close()
		for _, a := range answers {
			require.Len(t, a, 1, "an order without an answer")
		}
		checkRows(t, st)
	})
}

// act has something happen to the channel.
func act(t *rapid.T, st *stage, p *plan, names []string) []chan error {
	name := rapid.SampledFrom(names).Draw(t, "which")
	switch rapid.IntRange(0, 6).Draw(t, "act") {
	case 0: // an edit adds a start
		at := p.time(st.n + int64(rapid.IntRange(-20, 500).Draw(t, "in")))
		s := start{at: at, items: list{name}, rest: int64(rapid.SampledFrom([]int{0, 0, 20, 80}).Draw(t, "rest"))}
		if rapid.Bool().Draw(t, "ends") {
			s.until = at.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "for")) * time.Millisecond)
		}
		p.starts = append(p.starts, s)
		st.Refresh()
	case 1: // the clock is stepped
		p.zero = p.zero.Add(time.Duration(rapid.IntRange(-30_000, 30_000).Draw(t, "by")) * time.Millisecond)
		st.Refresh()
	case 2: // a file changes
		st.scripts[name] = chance(t, name+" again")
		st.Refresh()
	case 3:
		o := rapid.SampledFrom([]Outcome{Hold, Slate}).Draw(t, "forced")
		st.forced = forced{o, "ops", Reason("by ops")}
	case 4:
		st.forced = forced{}
		st.review()
	default:
		return []chan error{airs(t, st, name)}
	}
	return nil
}

// airs is an order for an item, from anywhere in it.
func airs(t *rapid.T, st *stage, name string) chan error {
	e := list{name}.entry(0)
	e.From = int64(rapid.IntRange(0, 100).Draw(t, "from"))
	o := &order{
		ctx: context.Background(), now: rapid.Bool().Draw(t, "now"), by: "ops", outcome: Skipped, answer: make(chan error, 1),
		pick: func(on playlist.Entry, left, n int64) (playlist.Entry, error) { e.Place = on.Place; return e, nil },
	}
	if rapid.Bool().Draw(t, "skip") {
		o.pick = st.skip
	}
	st.mail <- func() { st.accept(o) }
	return o.answer
}

// checkRows requires each row to say what the encoder saw.
func checkRows(t require.TestingT, st *stage) {
	for _, r := range st.rows {
		for k := range r.Ticks {
			s := st.cam.shots[r.Start+k]
			what := fmt.Sprintf("tick %d of %+v", r.Start+k, r)
			switch {
			case r.Entry.Mode == playlist.ModeSlate || r.Outcome == Hold || r.Outcome == Slate:
			case r.Outcome == Filler:
				require.Equal(t, "fill", s.src, what)
			default:
				require.Equal(t, r.Entry.Item.Source, s.src, what)
				require.Equal(t, r.At+k, s.tick, what)
			}
		}
	}
}
