package control

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/timeline"
)

var pal = timeline.Grid{FPS: houseOf25.FPS, Rate: 44100}

// stand is an engine in whose place the test decides how long a clip takes to
// open and when a join comes. It runs on the test's fake clock.
type stand struct {
	start  time.Time
	mu     sync.Mutex
	snap   playout.Snapshot
	next   playlist.Entry
	opens  time.Duration    // how long a clip takes to open
	faults map[string]error // by item ID
	joins  chan struct{}    // a join comes
	aired  []string
	banned map[string]bool
}

func (s *stand) n() int64 { return int64(time.Since(s.start) / (40 * time.Millisecond)) }

func (s *stand) Snapshot() (playout.Snapshot, playout.Counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snap, playout.Counts{Ticks: s.n()}
}

func (s *stand) on() (playlist.Entry, int64, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snap.Air, s.n() - s.snap.AirFirst, s.n()
}

func (s *stand) Air(ctx context.Context, now bool, _ string, _ playout.Outcome, pick func(playlist.Entry, int64, int64) (playlist.Entry, error)) error {
	to, err := pick(s.on())
	if err != nil {
		return err
	}
	if now {
		select {
		case <-time.After(s.opens):
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		s.mu.Lock()
		s.snap.Next = to
		s.mu.Unlock()
		select {
		case <-s.joins:
			if to, err = pick(s.on()); err != nil {
				return err
			}
		case <-ctx.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			s.snap.Next = s.next
			return ctx.Err()
		}
	}
	if err := s.faults[to.Item.ID]; err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snap.Air, s.snap.AirFirst, s.snap.Next = to, s.n()-to.From, s.next
	s.snap.AirTicks = int64(to.Item.Duration / (40 * time.Millisecond))
	s.aired = append(s.aired, fmt.Sprintf("%s@%d", to.Item.ID, to.From))
	return nil
}

func (s *stand) Hold(_ context.Context, on bool, by string) error  { return s.held("hold", on, by) }
func (s *stand) Slate(_ context.Context, on bool, by string) error { return s.held("slate", on, by) }

func (s *stand) held(what string, on bool, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aired = append(s.aired, fmt.Sprintf("%s %t by %s", what, on, by))
	return nil
}

func (s *stand) Lift(_ context.Context, version string) error {
	if !s.banned[version] {
		return errors.New("there is no such version")
	}
	delete(s.banned, version)
	return nil
}

// lists is a rundown without a clock: each playlist is played from the entry to
// its end, then main.yml from its beginning.
type lists map[string][]playlist.Item

func (l lists) entry(file string, i int) playlist.Entry {
	return playlist.Entry{Playlist: file, Index: i, Item: l[file][i], Mode: playlist.ModeBase}
}

func (l lists) Next(e playlist.Entry, left, _ int64) playlist.Entry {
	switch {
	case left != schedule.Ended:
		e.From = left
		return e
	case e.Index+1 < len(l[e.Playlist]):
		return l.entry(e.Playlist, e.Index+1)
	}
	return l.entry("main.yml", 0)
}

func (l lists) Cut(playlist.Entry, int64) int64 { return schedule.Never }

// Clock has tick 0 at the beginning of a bubble's time.
func (l lists) Clock() schedule.Clock {
	return schedule.Clock{Zero: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (l lists) Take(_ playlist.Entry, _, _ int64, file, item string) (playlist.Entry, error) {
	i := slices.IndexFunc(l[file], func(it playlist.Item) bool { return it.ID == item })
	if i < 0 {
		return playlist.Entry{}, errors.New("it is gone")
	}
	e := l.entry(file, i)
	e.Mode = playlist.ModeTake
	return e, nil
}

func (l lists) Back(e playlist.Entry, _, _ int64) (playlist.Entry, error) {
	if e.Index == 0 {
		return e, errors.New("nothing came before it")
	}
	return l.entry(e.Playlist, e.Index-1), nil
}

func (l lists) Seek(e playlist.Entry, to, _ int64) (playlist.Entry, error) {
	e.From = to
	return e, nil
}

func (l lists) Walk(_ context.Context, e playlist.Entry, left, n, end int64) iter.Seq[schedule.Slot] {
	return func(yield func(schedule.Slot) bool) {
		for n < end {
			e = l.Next(e, left, n)
			ticks := int64(e.Item.Duration / (40 * time.Millisecond))
			if !yield(schedule.Slot{Entry: e, Start: n, Ticks: ticks, Left: schedule.Ended}) {
				return
			}
			n, left = n+ticks, schedule.Ended
		}
	}
}

func (l lists) Playlists() []*playlist.Playlist {
	var all []*playlist.Playlist
	for file, items := range l {
		all = append(all, &playlist.Playlist{File: file, Version: "v1", Items: items})
	}
	return all
}

func (l lists) Reload(context.Context) error { return nil }

// ways are outputs: true where they publish.
type ways map[string]bool

func (w ways) Stop(_ context.Context, name string) error     { w[name] = false; return nil }
func (w ways) Start(context.Context, string) (string, error) { return "the server refuses it", nil }

func item(id string, seconds int) playlist.Item {
	return playlist.Item{ID: id, Source: id + ".mp4", Title: id, Duration: time.Duration(seconds) * time.Second}
}

var bob = Who{Name: "bob", Via: "ctl"}

// office is a desk before a stand, with item a on air since 10 s.
type office struct {
	*Desk
	air *stand
	ctx context.Context
}

func atDesk(t *testing.T, f func(t *testing.T, o *office)) {
	synctest.Test(t, func(t *testing.T) {
		l := lists{
			"main.yml": {item("a", 60), item("b", 5), item("c", 60)},
			"news.yml": {item("n1", 20), item("n2", 20), item("c", 60)},
		}
		s := &stand{start: time.Now(), joins: make(chan struct{}), faults: map[string]error{}, banned: map[string]bool{"x.mp4 1": true}}
		s.next = l.entry("main.yml", 1)
		s.snap = playout.Snapshot{Air: l.entry("main.yml", 0), AirTicks: 1500, Next: s.next}
		d := NewDesk(Rooms{Engine: s, Rundown: l, Library: l, Outputs: ways{"main": true}, Grid: pal, Zone: time.UTC,
			Status: func() Status { return Status{Outputs: []Output{{Name: "main"}}} },
			Quarantine: func() []Banned {
				return []Banned{{Version: "x.mp4 1", Source: "x.mp4"}, {Version: "y 1", Source: "y"}, {Version: "y 2", Source: "y"}}
			}})
		defer d.Close()
		time.Sleep(10 * time.Second)
		f(t, &office{d, s, t.Context()})
	})
}

func code(t *testing.T, err error) Code {
	t.Helper()
	var r *Refusal
	require.ErrorAs(t, err, &r)
	return r.Code
}
