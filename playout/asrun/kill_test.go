package asrun

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const childDir = "AIRLOOM_TEST_ASRUN_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fastChannel(dir)
	}
	_ = flag.Set("test.parallel", "4") // lives spend their time waiting
	goleak.VerifyTestMain(m)
}

// fastChannel airs a tick a millisecond: items of 1 to 40 ticks, numbered for
// ever. It prints what it begins with, then each playhead, until it is killed.
func fastChannel(dir string) {
	s := Open(dir, 0, slog.New(slog.NewTextHandler(os.Stderr, nil)), func(_, message string) {
		if message != "" {
			fmt.Fprintln(os.Stderr, "alert:", message)
		}
	})
	left, err := s.Last(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() { _ = s.Run(context.Background()) }()
	item, _ := strconv.Atoi(string(left.Playhead.Place)) // the item that was on air goes on
	start, tick := time.Now(), int64(0)
	at := func(tick int64) time.Time { return start.Add(time.Duration(tick) * time.Millisecond) }
	fmt.Println("base", left.Ticks)
	for ; ; item++ {
		row := Row{Tick: tick, Start: at(tick), Title: strconv.Itoa(item), Outcome: "played"}
		n := 1 + rand.Int64N(40)
		for k := range n {
			if k%10 == 0 { // the second of so fast a channel
				s.Playhead(Playhead{Place: []byte(row.Title), Tick: tick + k, At: at(tick + k), Air: Row{Tick: tick, Start: at(tick), Title: row.Title}})
				fmt.Println("head", tick+k)
			}
			time.Sleep(time.Until(at(tick + k)))
		}
		tick += n
		row.Ticks, row.End = n, at(tick)
		s.Report(row)
		if rand.IntN(5) == 0 {
			s.Report(Row{Tick: tick, Start: at(tick), Title: "missing", Outcome: "skipped"})
		}
	}
}

// life runs a channel on dir for a time, counted from its first word or, if it is
// to be a short one, from its start, and kills it. It returns the tick counter
// it began with and the ticks it had aired by its own word, early being those of
// a second before the end.
func life(t *testing.T, dir string, d time.Duration, short bool) (base, early, aired int64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if short {
		kill.Reset(d)
	}
	type word struct {
		at   time.Time
		tick int64
	}
	var heads []word
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, number, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			break // killed while it wrote
		}
		if what == "base" {
			base = n
			if !short {
				kill.Reset(d)
			}
		} else {
			heads = append(heads, word{time.Now(), n})
		}
	}
	dead := time.Now()
	_, _ = io.Copy(io.Discard, out)
	require.ErrorContains(t, cmd.Wait(), "killed")
	for _, h := range heads {
		aired = h.tick
		if dead.Sub(h.at) > time.Second {
			early = h.tick
		}
	}
	return base, early, aired
}

// Killed at random moments, a channel knows afterwards what aired and where it
// stood, to the last second.
func TestKilledAtRandomMoments(t *testing.T) {
	const lives, channels = 200, 4
	var aired, kept atomic.Int64
	t.Run("lives", func(t *testing.T) {
		for range channels {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				counter := int64(0)
				for n := range lives / channels {
					d := rand.N(220 * time.Millisecond)
					if n == lives/channels-1 {
						d = 2 * time.Second // long enough for a second to be counted
					}
					base, early, late := life(t, dir, d, n%10 == 5)
					aired.Add(late)
					if late == 0 && base == 0 { // killed before it had begun
						continue
					}
					rows := all(t, dir)
					now := abut(t, rows)
					require.Equal(t, counter, base, "ticks go on from what was known")
					require.GreaterOrEqual(t, now-base, early, "no more than a second is lost")
					require.LessOrEqual(t, now-base, late+50, "nothing is told that did not air")
					kept.Add(now - base)
					counter = now
				}
				whole(t, dir)
				inOrder(t, all(t, dir))
			})
		}
	})
	t.Logf("%d lives aired %d ticks, %d of them are known (a tick is a millisecond)", lives, aired.Load(), kept.Load())
	require.Greater(t, kept.Load(), aired.Load()/4)
}

// inOrder requires that each life went on with the item that was on air, that
// nothing was lost in between, and that each end is told of.
func inOrder(t *testing.T, rows []Row) {
	item, offs := 0, 0
	for i, r := range rows {
		switch r.Outcome {
		case Off:
			offs++
			require.Zero(t, r.Ticks)
			require.Contains(t, r.Cause, killed)
			require.False(t, r.End.Before(r.Start))
		case "skipped":
		default:
			n, err := strconv.Atoi(r.Title)
			require.NoError(t, err, "%+v", r)
			// Rows that were written with an older playhead air again, those of ten
			// ticks at most. None is left out.
			require.LessOrEqual(t, n, item+1, "row %d: %+v", i, r)
			require.GreaterOrEqual(t, n, item-10, "row %d: %+v", i, r)
			item = n
		}
	}
	require.Greater(t, offs, 5)
}
