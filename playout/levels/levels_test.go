package levels

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The coefficients at 48 kHz are those of ITU-R BS.1770-4, tables 1 and 2.
func TestWeightingIsTheStandards(t *testing.T) {
	s, h := shelf(48000), highPass(48000)
	for want, got := range map[float64]float64{
		1.53512485958697: s.b0, -2.69169618940638: s.b1, 1.19839281085285: s.b2, -1.69065929318241: s.a1, 0.73248077421585: s.a2,
		-1.99004745483398: h.a1, 0.99007225036621: h.a2, 1: h.b0, -2: h.b1,
	} {
		require.InDelta(t, want, got, 1e-9)
	}
}

// sine adds a sine of that peak, in dBFS, to the meter.
func sine(l *loudness, rate int, hz, db, seconds float64, channels ...int) {
	for from, n := 0, int(seconds*float64(rate)+0.5); from < n; {
		k := min(1764, n-from) // as ticks come
		sound := [2][]float32{make([]float32, k), make([]float32, k)}
		for i := range k {
			v := math.Pow(10, db/20) * math.Sin(2*math.Pi*hz*float64(from+i)/float64(rate))
			for _, c := range channels {
				sound[c][i] = float32(v)
			}
		}
		l.add(sound[0], sound[1])
		from += k
	}
}

func measured(t *testing.T, l *loudness, blocks int) float64 {
	t.Helper()
	v, ok := l.over(blocks)
	require.True(t, ok)
	return v
}

// BS.1770-4: a 997 Hz sine at 0 dBFS in one of left and right reads -3.01 LKFS. EBU
// Tech 3341, test cases 1 and 2: stereo sines of 1 kHz at -23 and -33 dBFS read as
// much in LUFS, within 0.1, momentary and short-term.
func TestSinesReadWhatTheStandardsSay(t *testing.T) {
	for _, rate := range []int{32000, 44100, 48000, 96000} {
		l := newLoudness(rate)
		sine(l, rate, 997, 0, 4, 0)
		require.InDelta(t, -3.01, measured(t, l, shortBlocks), 0.02, rate)
		require.InDelta(t, -3.01, measured(t, l, momentaryBlocks), 0.02, rate)
		db := l.peaks()
		require.InDelta(t, 0, db[0], 0.01)
		require.Equal(t, float64(Least), db[1])
		for _, hz := range []float64{997, 1000} {
			for _, level := range []float64{-23, -33} {
				l := newLoudness(rate)
				sine(l, rate, hz, level, 4, 0, 1)
				require.InDelta(t, level, measured(t, l, shortBlocks), 0.1, rate)
				require.InDelta(t, level, measured(t, l, momentaryBlocks), 0.1, rate)
				require.InDelta(t, level, l.peaks()[1], 0.1, rate)
			}
		}
	}
}

// EBU Tech 3341, test case 9: 1.34 s at -20 and 1.66 s at -30 dBFS, again and again,
// read -23 short-term from 3 s on, whenever one looks. Test case 12: 0.18 s and
// 0.22 s of the same read -23 momentary from 1 s on.
func TestWindowsAreAsLongAsTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		loud, quiet float64
		blocks      int
		settled     float64
	}{{1.34, 1.66, shortBlocks, 3}, {0.18, 0.22, momentaryBlocks, 1}} {
		l := newLoudness(48000)
		for at := 0.0; at < 15; at += c.loud + c.quiet {
			for _, part := range []struct{ db, s float64 }{{-20, c.loud}, {-30, c.quiet}} {
				for step := 0.02; part.s > 0.001; part.s -= step {
					sine(l, 48000, 1000, part.db, min(step, part.s), 0, 1)
					if float64(l.blocks)/blocksPerSecond > c.settled+0.1 {
						require.InDelta(t, -23, measured(t, l, c.blocks), 0.1)
					}
				}
			}
		}
	}
}

// Tech 3341: K-weighting lets a low tone count less.
func TestSilenceAndLowTones(t *testing.T) {
	l := newLoudness(48000)
	_, ok := l.over(momentaryBlocks)
	require.False(t, ok)
	sine(l, 48000, 25, -20, 5, 0, 1)
	require.Less(t, measured(t, l, shortBlocks), -28.0)
	sine(l, 48000, 0, 0, 60, 0, 1)
	require.Equal(t, float64(Least), measured(t, l, shortBlocks))
	for _, f := range l.stages[0] { // and it costs no more than sound does
		require.Zero(t, f.z1)
		require.Zero(t, f.z2)
	}
}

// tone is a tick of a stereo sine at -23 dBFS.
func tone(n int64, rate, fps int) *media.Tick {
	t := media.NewTick(rate / fps)
	t.N = n
	for c := range t.Sound {
		for i := range t.Sound[c] {
			t.Sound[c][i] = float32(math.Pow(10, -23.0/20) * math.Sin(2*math.Pi*1000*float64(n*int64(rate/fps)+int64(i))/float64(rate)))
		}
	}
	return t
}

func TestMeterTellsWhoFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(48000)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		n := int64(0)
		air := func(ticks int) {
			for range ticks {
				tick := tone(n, 48000, 25)
				m.Hear(tick)
				tick.Free()
				n++
				time.Sleep(40 * time.Millisecond)
			}
		}
		air(25)
		require.Nil(t, m.ring.Load(), "nobody follows")
		news, end := m.Follow()
		synctest.Wait()
		air(11)
		first := <-news
		require.True(t, math.IsNaN(first.Short))
		air(100)
		synctest.Wait()
		last := <-news
		require.InDelta(t, -23, last.Short, 0.1)
		require.InDelta(t, -23, last.Momentary, 0.1)
		require.InDelta(t, -23, last.Peak[0], 0.1)
		require.InDelta(t, n, last.Tick, 6)
		require.Empty(t, news, "the latest only")

		// The channel stands still: nothing is told, and nothing is said to be silent.
		time.Sleep(time.Second)
		require.LessOrEqual(t, len(news), 1)
		end()
		time.Sleep(lingers + time.Second)
		require.Nil(t, m.ring.Load())
		again, end := m.Follow()
		synctest.Wait()
		air(20)
		require.InDelta(t, -23, (<-again).Momentary, 0.1)
		end()
		cancel()
		require.NoError(t, <-done)
	})
}

// Measuring that is late costs its figures, not the air.
func TestRingNeverWaits(t *testing.T) {
	r := newRing(4000)
	add := func(l, _ []float32) { require.LessOrEqual(t, len(l), 4000) }
	for n := range int64(10) {
		tick := tone(n, 48000, 25)
		r.put(n, tick.Sound)
		tick.Free()
	}
	require.True(t, r.missed.Swap(false))
	tick, any := r.take(add)
	require.True(t, any)
	require.EqualValues(t, 1, tick)
	_, any = r.take(add)
	require.False(t, any)
	heard := 0
	for n := range int64(100) {
		tick := tone(n, 48000, 25)
		r.put(n, tick.Sound)
		tick.Free()
		r.take(func(l, _ []float32) { heard += len(l) })
	}
	require.Equal(t, 100*1920, heard)
	require.False(t, r.missed.Load())
}

func BenchmarkHearNobody(b *testing.B) {
	m, tick := New(48000), tone(0, 48000, 25)
	for b.Loop() {
		m.Hear(tick)
	}
}

func BenchmarkHear(b *testing.B) {
	m, tick := New(48000), tone(0, 48000, 25)
	r := newRing(96000)
	m.ring.Store(r)
	for b.Loop() {
		m.Hear(tick)
		r.tail.Store(r.head.Load())
	}
}

// A second of sound.
func BenchmarkMeasure(b *testing.B) {
	l := newLoudness(48000)
	s := make([]float32, 48000)
	for i := range s {
		s[i] = float32(math.Sin(float64(i)))
	}
	for b.Loop() {
		l.add(s, s)
	}
}
