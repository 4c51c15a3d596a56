package airtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
	"airloom/playout/media"
)

// witness is a test that notes what is done to it, and cannot be skipped.
type witness struct {
	recorder
	logged []string
}

func (w *witness) Log(args ...any)                 { w.logged = append(w.logged, fmt.Sprint(args...)) }
func (w *witness) Logf(format string, args ...any) { w.Log(fmt.Sprintf(format, args...)) }
func (w *witness) Skip(...any)                     { w.Error("skipped") }
func (w *witness) Skipf(string, ...any)            { w.Error("skipped") }
func (w *witness) SkipNow()                        { w.Error("skipped") }

// What depends on speed fails on a machine that was ours, and only there; the
// test goes on in any case.
func TestJudgeOfSpeed(t *testing.T) {
	for _, c := range []struct {
		name          string
		got           time.Duration
		others        float64
		strict        string
		judged, fails bool
	}{
		{"in time", 90, 0, "", true, false},
		{"in time on a busy machine", 90, 0.9, "", true, false},
		{"late", 110, 0.1, "", true, true},
		{"late at the limit of busy", 110, busy, "", true, true},
		{"late on a busy machine", 110, 0.3, "", false, false},
		{"late on a busy machine, strictly", 110, 0.3, "1", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AIRLOOM_STRICT", c.strict)
			for name, judge := range map[string]func(testing.TB) bool{
				"a time": func(t testing.TB) bool { return Judge(t, "it", c.got, 100, c.others) },
				"assertions": func(t testing.TB) bool {
					return Judged(t, c.others, func(t testing.TB) { require.LessOrEqual(t, c.got, time.Duration(100)) })
				},
			} {
				w := &witness{recorder: recorder{TB: t}}
				require.Equal(t, c.judged, judge(w), name)
				require.Equal(t, c.fails, w.Failed(), "%s: %v", name, w.said)
				if !c.judged {
					require.Len(t, w.logged, 1, name)
					require.Contains(t, w.logged[0], "NOT JUDGED", name)
				}
			}
		})
	}
}

// A channel is forgiven what it counted itself, and only on a busy machine.
func TestExcuse(t *testing.T) {
	s := control.Status{Encoder: control.Encoder{HeldTicks: 3, SkippedTicks: 2}}
	t.Setenv("AIRLOOM_STRICT", "")
	require.Equal(t, Excuse{}, ExcuseOf(s, 0.2))
	require.Equal(t, Excuse{Held: 3, Skipped: 2}, ExcuseOf(s, 0.3))
	require.Equal(t, Excuse{}, ExcuseOf(control.Status{}, 0.9), "nothing held, nothing skipped: nothing forgiven")
	t.Setenv("AIRLOOM_STRICT", "1")
	require.Equal(t, Excuse{}, ExcuseOf(s, 0.3))
}

// On the busiest machine, with holds and skips to spare, these still fail.
func TestNoExcuseForWhatSpeedDoesNotExplain(t *testing.T) {
	sample := func(tick int) int { return tick * 44100 / 25 * 2 }
	good := perfect(t).encode(t)
	anything := Excuse{Held: 5, Skipped: 5}
	for _, c := range []struct {
		name  string
		do    func(*programme)
		pack  func(*flvFile)
		fails []string
	}{
		{"nothing", nil, nil, nil},
		{"a picture lost", func(p *programme) {
			p.pics = slices.Delete(p.pics, 100, 101)
			p.sound = slices.Delete(p.sound, sample(100), sample(101))
		}, nil, []string{"joins"}},
		{"a black picture at a join", func(p *programme) { p.pics[150] = ref{clip: -1} }, nil, []string{"joins", "order"}},
		{"clips in the wrong order", func(p *programme) {
			p.pics = append(slices.Clone(p.pics[75:150]), append(slices.Clone(p.pics[:75]), p.pics[150:]...)...)
			p.sound = append(slices.Clone(p.sound[sample(75):sample(150)]),
				append(slices.Clone(p.sound[:sample(75)]), p.sound[sample(150):]...)...)
		}, nil, []string{"order"}},
		{"sound 5 ms late", func(p *programme) { p.sound = append(make([]float32, 441), p.sound...) }, nil, []string{"sync"}},
		{"a second of silence", func(p *programme) { clear(p.sound[sample(101):sample(126)]) }, nil, []string{"sound", "sync"}},
		{"one picture 2 ms late", nil, func(f *flvFile) { f.of(9)[110].ts += 2 }, []string{"contiguous"}},
		{"a DTS repeated", nil, func(f *flvFile) { f.of(9)[110].ts = f.of(9)[109].ts }, []string{"contiguous", "joins"}},
		{"sound jumps by 2 ms", nil, func(f *flvFile) {
			for _, g := range f.of(8)[250:] {
				g.ts += 2
			}
		}, []string{"contiguous"}},
		{"an AAC frame left out", nil, func(f *flvFile) { f.remove(8, 250) }, []string{"contiguous"}},
		{"six pictures skipped, of which five are accounted for", nil, func(f *flvFile) {
			f.remove(9, 110, 111, 112, 113, 114, 115)
		}, []string{"contiguous", "order"}},
		{"a keyframe that says it is none", nil, func(f *flvFile) { f.of(9)[100].body[0] = 0x27 }, []string{"declared"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good.clone()
			f.t = t
			if c.do != nil {
				p := perfect(t)
				c.do(p)
				f = p.encode(t)
			}
			if c.pack != nil {
				c.pack(f)
			}
			r := f.analyse()
			r.Excuse = anything
			require.ElementsMatch(t, c.fails, verdicts(t, r), r)
		})
	}
}

// remove takes out samples of a kind, by their number, and moves no other.
func (f *flvFile) remove(kind byte, which ...int) {
	n := -1
	f.tags = slices.DeleteFunc(f.tags, func(g tag) bool {
		if g.kind != kind || g.header() {
			return false
		}
		n++
		return slices.Contains(which, n)
	})
}

// What the channel counted is forgiven to the tick, and not one more.
func TestExcuseCoversWhatWasCounted(t *testing.T) {
	sample := func(tick int) int { return tick * 44100 / 25 * 2 }
	held := perfect(t) // three ticks with the last picture and silence, close to a mark
	last := held.pics[109]
	held.pics = slices.Insert(held.pics, 110, last, last, last)
	held.sound = slices.Insert(held.sound, sample(110), make([]float32, sample(3))...)
	f := held.encode(t)
	for _, c := range []struct {
		held  int64
		fails []string
	}{{3, nil}, {2, []string{"order"}}, {0, []string{"order", "joins", "sound"}}} {
		r := f.analyse()
		r.Excuse.Held = c.held
		require.Subset(t, verdicts(t, r), c.fails, r)
		if c.fails == nil {
			require.Empty(t, verdicts(t, r), r)
		}
	}

	f = perfect(t).encode(t)
	f.remove(9, 110, 149) // 149: a clip's last
	for _, c := range []struct {
		skipped int64
		fails   []string
	}{{2, nil}, {1, []string{"contiguous"}}, {0, []string{"contiguous", "joins", "order"}}} {
		r := f.analyse()
		r.Excuse.Skipped = c.skipped
		require.ElementsMatch(t, c.fails, verdicts(t, r), r)
	}
}

// A group of pictures is counted in ticks, whichever pictures are missing.
func TestOutOfTurn(t *testing.T) {
	stream := func(first int, keys []int, without ...int) (tr Track) {
		for n := first; n < first+200; n++ {
			if !slices.Contains(without, n) {
				tr.Samples = append(tr.Samples, Sample{DTS: time.Duration(n-first) * 40 * time.Millisecond, Key: slices.Contains(keys, n)})
			}
		}
		return tr
	}
	for _, c := range []struct {
		name string
		t    Track
		bad  int
	}{
		{"as declared", stream(0, []int{0, 50, 100, 150}), 0},
		{"a session's first keyframe is extra", stream(13, []int{13, 50, 100, 150, 200}), 0},
		{"the one due was skipped, the next picture is one", stream(0, []int{0, 52, 100, 150}, 50, 51), 0},
		{"counted in pictures instead", stream(0, []int{0, 52, 102, 152}, 10, 11), 1},
		{"one missing", stream(0, []int{0, 50, 150}), 1},
		{"one too many", stream(0, []int{0, 50, 77, 100, 150}), 1},
		{"too short throughout", stream(0, []int{0, 25, 50, 75, 100, 125, 150, 175}), 3},
		{"none", stream(0, []int{0}), 3},
	} {
		require.Len(t, c.t.OutOfTurn(media.Rational{Num: 25, Den: 1}, 50), c.bad, c.name)
	}
}
