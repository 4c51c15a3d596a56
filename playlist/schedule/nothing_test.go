package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// missedIn walks and returns what airs and what does not.
func missedIn(t *testing.T, p *Plans, from string, span time.Duration) (airs string, missed []string) {
	t.Helper()
	slots, _ := []Slot(nil), 0
	for s := range p.Walk(t.Context(), playlist.Entry{}, Ended, 0, pal.Ticks(span), at(t, from)) {
		slots = append(slots, s)
		for _, m := range MissedBy(s.Entry) {
			missed = append(missed, fmt.Sprintf("%s %s: %s", m.Playlist, m.Planned.Format("15:04"), m.Why))
		}
	}
	return walked(t, p, at(t, from), span), missed
}

// A start of which nothing can air takes nothing off the air: not even the last
// second of an item, nor what would have to begin again.
func TestAStartThatComesToNothingCutsNothing(t *testing.T) {
	for what, items := range map[string]string{"nothing in it can play": "bad bad", "there is nothing in it to air": "none/"} {
		for _, how := range []string{"", ", return: restart", ", priority: 5, until: \"20:10\""} {
			for _, from := range []string{"19:59:30", "19:59:01"} {
				p := planned(t, "main: a60 b60", `h: `+items+` | {at: "2026-07-14 20:00"`+how+`}`)
				airs, missed := missedIn(t, p, from, 100*time.Second)
				if from == "19:59:01" {
					require.Equal(t, "19:59:01 a60, 20:00:01 b60", airs)
				} else {
					require.Equal(t, "19:59:30 a60, 20:00:30 b60", airs)
				}
				require.Equal(t, []string{"h.yml 20:00: " + what}, missed)
			}
		}
	}
}

// A looped playlist that has lost its files gives the air back; one that can play
// some of it has it for itself.
func TestALoopOfWhichNothingCanPlayIsOver(t *testing.T) {
	p := planned(t, "main: a60 b60", `n: bad bad | {at: "2026-07-14 20:00", until: "23:00"} | loop: true`)
	airs, missed := missedIn(t, p, "19:59", 3*time.Minute)
	require.Equal(t, "19:59 a60, 20:00 b60, 20:01 a60", airs)
	require.Equal(t, []string{"n.yml 20:00: nothing in it can play"}, missed)

	p = planned(t, "main: a60 b60", `n: bad x30 bad*2 | {at: "2026-07-14 20:00", until: "20:02"} | loop: true`)
	airs, missed = missedIn(t, p, "19:59", 4*time.Minute)
	require.Equal(t, "19:59 a60, 20:00 x30, 20:00:30 x30, 20:01 x30, 20:01:30 x30, 20:02 b60", airs)
	require.Empty(t, missed)

	// It joins in where nothing plays: its beginning has its turn.
	p = planned(t, "main: a60 b60", `n: x30 bad | {at: "2026-07-14 19:50", duration: 10m30s, late: join} | loop: true`)
	airs, _ = missedIn(t, p, "20:00", time.Minute)
	require.Equal(t, "20:00 x30, 20:00:30 a60", airs)
}

// Files that are lost while it airs end it too.
func TestALoopThatLosesItsFilesGivesTheAirBack(t *testing.T) {
	gone := false
	in := Inputs{Base: "main.yml", Grid: pal, Lists: files(t, "main: a60 b60", `n: x30 y30 | {at: "2026-07-14 20:00", until: "23:00"} | loop: true`)}
	in.Ticks = func(it playlist.Item) int64 {
		if gone && (it.Source == "x30" || it.Source == "y30") {
			return -1
		}
		return lengths(pal)(it)
	}
	p, _ := New(in)
	c := at(t, "20:00")
	x := p.playable(playlist.Entry{}, Ended, 0, c)
	require.Equal(t, "x30", x.Item.Source)
	gone = true
	e := p.playable(x, Ended, 750, c)
	require.Equal(t, "a60", e.Item.Source)
	require.Empty(t, MissedBy(e), "some of it has aired")

	// Over a restart too.
	data, err := Save(x, 100)
	require.NoError(t, err)
	x, _, err = Restore(data)
	require.NoError(t, err)
	e = p.playable(x, Ended, 0, Clock{c.Zero.Add(time.Minute)})
	require.Equal(t, "a60", e.Item.Source)
	require.Empty(t, MissedBy(e))
}

// What an item that was cut goes on with is decided when it goes on: what cut it
// may have aired in the end, or not.
func TestAnItemBeginsAgainAfterWhatAired(t *testing.T) {
	p := planned(t, "main: a60 b60", `h: bad x5 | {at: "2026-07-14 20:00", return: restart}`)
	airs, _ := missedIn(t, p, "19:59:30", 90*time.Second)
	require.Equal(t, "19:59:30 a60!, 20:00 x5, 20:00:05 a60", airs)

	c := at(t, "19:59:30")
	a := p.playable(playlist.Entry{}, Ended, 0, c)
	x := p.playable(a, 750, 750, c)
	require.Equal(t, "x5", x.Item.Source)
	data, err := Save(x, 10)
	require.NoError(t, err)
	x, _, err = Restore(data)
	require.NoError(t, err)
	require.Zero(t, p.playable(x, Ended, 875, c).From, "also over a restart")
}

// What could not play is tried again, at a join after a minute, until its time is
// over; at once where the plans are made anew.
func TestARunThatCouldNotPlayIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		x, want string
		again   bool // the plans are made anew
	}{
		{`x: x20 | {at: "2026-07-14 20:00", until: "20:03"}`, "20:01:03 x20, 20:01:23 a7", false},
		{`x: x20 | {at: "2026-07-14 20:00", until: "20:03"} | loop: true`, "20:01:03 x20, 20:01:23 x20", false},
		{`x: x20 | {at: "2026-07-14 20:00"} | loop: true`, "20:01:03 x20, 20:01:23 x20", false},
		{`x: x20 | {at: "2026-07-14 20:00"}`, "20:01:03 a7, 20:01:10 a7", false},
		{`x: x20 | {at: "2026-07-14 20:00", until: "20:01"}`, "20:01:03 a7, 20:01:10 a7", false},
		{`x: x20 | {at: "2026-07-14 20:00", until: "20:03"}`, "20:00:42 x20, 20:01:02 a7", true},
	} {
		gone := true
		in := Inputs{Base: "main.yml", Grid: pal, Lists: files(t, "main: a7", c.x)}
		in.Ticks = func(it playlist.Item) int64 {
			if gone && it.Source == "x20" {
				return -1
			}
			return lengths(pal)(it)
		}
		p, _ := New(in)
		e, left, n, clock := playlist.Entry{}, Ended, int64(0), at(t, "20:00")
		var missed []Missed
		var got string
		for n < seconds(100) {
			if n > seconds(40) {
				if gone = false; c.again {
					p, _ = New(in)
				}
			}
			e = p.playable(e, left, n, clock)
			missed = append(missed, MissedBy(e)...)
			slot, _ := p.slot(e, n, n+1, clock)
			got += ", " + told(p, clock, slot)
			left, n = slot.Left, slot.End()
		}
		require.Contains(t, got, c.want, c.x)
		require.Len(t, missed, 1)
	}
}
