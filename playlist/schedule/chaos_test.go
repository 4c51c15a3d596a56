package schedule

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"airloom/playlist"
)

// Whatever an operator, a clock and a crash do to it, it goes on: each entry is of
// the plans in place, or what stands in for them; no cut lies in the past; nothing
// is changed for ever at one tick.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plans := []*Plans{worlds(rt).plans(t, 1), worlds(rt).plans(t, 2)}
		p, c := plans[0], at(t, "19:58")
		e, left, n := playlist.Entry{}, Ended, int64(0)
		for range 60 {
			switch do := rapid.IntRange(0, 11).Draw(rt, "do"); do {
			case 0:
				p = plans[rapid.IntRange(0, 1).Draw(rt, "plans")]
			case 1:
				c.Zero = c.Zero.Add(time.Duration(rapid.SampledFrom([]int{-90000, -4000, -30, 30, 600, 90000}).Draw(rt, "step")) * time.Second)
			case 2:
				data, err := Save(e, left)
				require.NoError(rt, err)
				if e.Item.ID != "" {
					e, left, err = Restore(data)
					require.NoError(rt, err)
					c.Zero, n = c.Zero.Add(pal.Due(n)), 0
				}
			case 3:
				l := p.timed
				if len(l) > 0 && e.Item.ID != "" {
					of := l[rapid.IntRange(0, len(l)-1).Draw(rt, "of")]
					if next, err := p.Take(e, left, n, c, of.file, of.items[len(of.items)-1].ID); err == nil {
						e, left = next, next.From
					}
				}
			case 4:
				if next, err := p.Back(e, left, n, c); err == nil {
					e, left = next, next.From
				}
			case 5:
				if next, err := p.Seek(e, 10, n, c); err == nil {
					e, left = next, 10
				}
			default:
				e, left, n = onward1(rt, p, e, left, n, c)
			}
			if x := p.Cut(e, n, c); x < n {
				rt.Fatalf("a cut at %d, before %d", x, n)
			}
		}
	})
}

// onward1 goes on to the next change, and takes it.
func onward1(rt *rapid.T, p *Plans, e playlist.Entry, left, n int64, c Clock) (playlist.Entry, int64, int64) {
	for range 200 {
		stop := n + 250
		if e.Ticks > 0 && left >= 0 {
			stop = n + max(e.From+e.Ticks-left, 0)
		}
		x := p.Cut(e, n, c)
		to := Ended
		if x < stop {
			stop, to = x, max(left, 0)+x-n
		}
		next := p.Next(e, to, stop, c)
		if next.Item.ID == "" {
			return e, Ended, stop + 75
		}
		if next.Mode != playlist.ModeSlate && next.Mode != playlist.ModeFiller {
			l := p.lists[next.Playlist]
			require.NotNil(rt, l, next.Playlist)
		}
		e, left = next, next.From
		if stop > n {
			return e, left, stop
		}
	}
	rt.Fatalf("nothing but changes at tick %d", n)
	return e, left, n
}

func FuzzRestore(f *testing.F) {
	p := planned(f, "main: a60 dir/? b60", `x: x30 | {cron: "*/5 * * * *"}`)
	e, left := p.Advance(f.Context(), playlist.Entry{}, Ended, epoch, 0, 10_000)
	data, err := Save(e, left)
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"v":1,"item":{"ID":"x"},"place":{"seen":-9223372036854775808,"air":7,"runs":[{"kind":9,"file":"x.yml","files":["a"],"rest":-7,"round":-1}]}}`))
	f.Add([]byte(`{"v":1,"item":{"ID":"x"},"place":{"tick":9223372036854775807,"base":{"file":"main.yml","round":9223372036854775807,"left":9223372036854775807}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, left, err := Restore(data)
		if err != nil {
			require.Zero(t, e)
			return
		}
		for n := range int64(3) {
			p.Cut(e, n*500, at(t, "20:00"))
			e, left = p.Next(e, left, n*500, at(t, "20:00")), Ended
		}
		_, err = Save(e, left)
		require.NoError(t, err)
	})
}

func TestSecretsOfSourcesAreNotSaved(t *testing.T) {
	data, err := Save(playlist.Entry{Item: playlist.Item{ID: "x", Source: "http://ann:geheim@cam.example/a.mp4?token=geheimer"}}, 3)
	require.NoError(t, err)
	require.NotContains(t, string(data), "geheim")
	e, left, err := Restore(data)
	require.NoError(t, err)
	require.Equal(t, "x", e.Item.ID)
	require.EqualValues(t, 3, left)
}

func TestRestoreSays(t *testing.T) {
	for data, want := range map[string]string{
		"": "read the saved playhead", "{}": "it is of version 0", `{"v":1}`: "it names no item",
	} {
		_, left, err := Restore([]byte(data))
		require.ErrorContains(t, err, want)
		require.Equal(t, Ended, left)
	}
}
