package control

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playlist/when"
	"airloom/playout"
	"airloom/playout/media"
)

// The tests in this file are of the desk before the real engine and the real
// schedule, in fake time, with clips that open in a set time.

type frame struct {
	src  string
	tick int64
}

func (f frame) Ref() media.Picture { return f }
func (f frame) Release()           {}

// reel opens clips and is the encoder that sees what airs of them.
type reel struct {
	opens  time.Duration
	mu     sync.Mutex
	opened []string
	seen   []frame // by the channel's tick
	ended  bool    // what is live has
}

func (r *reel) Open(_ context.Context, s media.Spec, at media.Start) playout.Clip {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened = append(r.opened, s.Source)
	return &strip{spec: s, k: at.Tick, from: time.Now().Add(r.opens), reel: r}
}

func (r *reel) sources() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.opened)
}

func (r *reel) Offer(t *media.Tick) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, t.Picture.(frame))
	t.Free()
	return true
}

func (r *reel) Room() <-chan struct{} { c := make(chan struct{}, 1); c <- struct{}{}; return c }

func (r *reel) seenAt(n int64) frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[n]
}

func (r *reel) ticks() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.seen))
}

// strip is a clip as long as its spec says.
type strip struct {
	spec media.Spec
	k    int64
	from time.Time
	reel *reel
}

// over reports that the strip has ended; a producer's does when that is said.
func (s *strip) over() bool {
	if !strings.HasPrefix(s.spec.Source, "live/") {
		return s.k >= pal.Ticks(s.spec.Duration)
	}
	s.reel.mu.Lock()
	defer s.reel.mu.Unlock()
	return s.reel.ended
}

func (s *strip) Poll() (*media.Tick, error) {
	if strings.HasPrefix(s.spec.Source, "missing") {
		return nil, &media.Fault{Kind: media.FaultMissing, Err: fmt.Errorf("%s is missing", s.spec.Source)}
	}
	if time.Now().Before(s.from) {
		return nil, media.ErrNotReady
	}
	if s.over() {
		return nil, io.EOF
	}
	t := media.NewTick(pal.Samples(s.k) + 1)
	t.Silence()
	t.N, t.Picture = s.k, frame{s.spec.Source, s.k}
	s.k++
	return t, nil
}

func (s *strip) Ready() <-chan struct{} {
	c := make(chan struct{}, 1)
	time.AfterFunc(10*time.Millisecond, func() { c <- struct{}{} })
	return c
}

func (s *strip) Info() (media.ClipInfo, bool) {
	return media.ClipInfo{Ticks: pal.Ticks(s.spec.Duration)}, !time.Now().Before(s.from)
}
func (s *strip) Close() error { return nil }

// house is a channel of real parts.
type house struct {
	*Desk
	*reel
	engine *playout.Engine
	ctx    context.Context
}

type shelf []*playlist.Playlist

func (s shelf) Playlists() []*playlist.Playlist { return s }
func (s shelf) Reload(context.Context) error    { return nil }

// inHouse runs a channel with main.yml (a 60 s, missing, b 30 s, c 30 s),
// news.yml (n1 20 s, n2 20 s), and others.
func inHouse(t *testing.T, others []*playlist.Playlist, f func(t *testing.T, h *house)) {
	synctest.Test(t, func(t *testing.T) {
		lists := append(shelf{
			{File: "main.yml", Version: "1", Loop: true, Items: []playlist.Item{item("a", 60), item("missing", 5), item("b", 30), item("c", 30)}},
			{File: "news.yml", Version: "1", Items: []playlist.Item{item("n1", 20), item("n2", 20)}},
		}, others...)
		plans, problems := schedule.New(schedule.Inputs{
			Base: "main.yml", Lists: lists, Zone: time.UTC, Grid: pal, Ticks: func(it playlist.Item) int64 { return pal.Ticks(it.Duration) },
		})
		require.Empty(t, problems)
		rundown := schedule.NewRundown(plans, schedule.Clock{Zero: time.Now()})
		r := &reel{opens: 200 * time.Millisecond}
		engine := playout.New(playout.Config{
			House: houseOf25, HoldMax: 2 * time.Second, StallMax: 15 * time.Second,
			Resolve: func(e playlist.Entry) (media.Spec, error) {
				return media.Spec{Source: e.Item.ID, Duration: e.Item.Duration}, nil
			},
		}, playout.Rooms{
			Opener: r, Encoder: r, Rundown: rundown, Slate: func() media.Picture { return frame{"slate", 0} },
			Report: func(playout.Row) {}, Log: slog.New(slog.DiscardHandler),
			Zero: func(t time.Time) { rundown.SetClock(schedule.Clock{Zero: t}) },
		})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- engine.Run(ctx) }()
		d := NewDesk(Rooms{Engine: engine, Rundown: rundown, Library: lists, Grid: pal, Zone: time.UTC})
		defer func() { d.Close(); cancel(); <-done }()
		time.Sleep(10 * time.Second)
		f(t, &house{d, r, engine, t.Context()})
	})
}

// line is how far the picture on air stands before the channel's tick.
func (h *house) line(t *testing.T, src string) int64 {
	n := h.ticks() - 1
	require.Equal(t, src, h.seenAt(n).src)
	return n - h.seenAt(n).tick
}

func TestRealSkipBackAndRestart(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		a, err := h.Skip(h.ctx, bob, "a")
		require.NoError(t, err)
		require.Contains(t, a.Said, "skipped 'a' for 'b' (main.yml #3): on air since")
		require.Equal(t, []string{"a", "missing", "b"}, h.sources(), "what is ready airs, nothing is tried twice")
		time.Sleep(5 * time.Second)
		h.line(t, "b")
		_, err = h.Restart(h.ctx, bob, "b")
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Less(t, h.seenAt(h.ticks()-1).tick, int64(30))
		a, err = h.Back(h.ctx, bob, "b")
		require.NoError(t, err)
		require.Contains(t, a.Said, "went back to 'a' (main.yml #1): on air since", "what cannot play is passed over")
		time.Sleep(100 * time.Millisecond)
		h.line(t, "a")
		for n := range h.ticks() {
			require.NotEqual(t, "slate", h.seenAt(n).src, "at %d", n)
		}
	})
}

// Whether the second click comes while the first is under way or after it.
func TestRealDoubleClick(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := h.Skip(h.ctx, bob, "a"); err != nil {
					require.Equal(t, Conflict, code(t, err))
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Second)
		h.line(t, "b")
	})
}

func TestRealUndoIsExactToTheTick(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		before := h.line(t, "a")
		for name, do := range map[string]func() (Answer, error){
			"take":    func() (Answer, error) { return h.Take(h.ctx, bob, Take{Playlist: "news.yml"}) },
			"skip":    func() (Answer, error) { return h.Skip(h.ctx, bob, "") },
			"restart": func() (Answer, error) { return h.Restart(h.ctx, bob, "") },
			"seek":    func() (Answer, error) { return h.Seek(h.ctx, bob, "", 50*time.Second) },
		} {
			_, err := do()
			require.NoError(t, err, name)
			time.Sleep(1500 * time.Millisecond)
			if h.seenAt(h.ticks()-1).src == "a" {
				require.NotEqual(t, before, h.line(t, "a"), name)
			}
			_, err = h.Undo(h.ctx, bob)
			require.NoError(t, err, name)
			time.Sleep(time.Second)
			require.Equal(t, before, h.line(t, "a"), name)
		}
		time.Sleep(2 * time.Second)
		snap, _ := h.engine.Snapshot()
		require.Equal(t, "b", snap.Next.Item.ID, "and the plan goes on as it would have")
	})
}

// The item is over by the time of the undo: what follows it is where it would be.
func TestRealUndoPastTheEndOfTheItem(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		starts := h.line(t, "a")
		time.Sleep(47 * time.Second)
		_, err := h.Take(h.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		time.Sleep(6 * time.Second)
		h.line(t, "n1")
		_, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		time.Sleep(time.Second)
		// It would be in the item that is missing, had that been there.
		require.InDelta(t, starts+63*25, h.line(t, "b"), 25)
	})
}

func TestRealTakeNext(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		take := Take{Playlist: "news.yml", Item: "n2", Version: "1", Next: true}
		a, err := h.Take(h.ctx, bob, take)
		require.NoError(t, err)
		require.Contains(t, a.Said, "'n2' (news.yml #2) is next, after 'a' (main.yml #1), at about 00:01:00")
		_, err = h.Seek(h.ctx, bob, "", 58*time.Second)
		require.NoError(t, err)
		h.line(t, "a")
		time.Sleep(3 * time.Second)
		h.line(t, "n2") // a seek leaves in place what is lined up
		require.Equal(t, "take 'n2' (news.yml #2), lined up before", h.Notes()[0].Asked)
		require.Contains(t, h.Notes()[0].Said, "'n2' (news.yml #2): on air since")
		time.Sleep(20 * time.Second)
		h.line(t, "b") // the plan goes on after the item that was left at the join

		_, err = h.Take(h.ctx, bob, take)
		require.NoError(t, err)
		_, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		time.Sleep(time.Second)
		snap, _ := h.engine.Snapshot()
		require.Equal(t, "c", snap.Next.Item.ID)
		_, err = h.Take(h.ctx, bob, take)
		require.NoError(t, err)
		_, err = h.Skip(h.ctx, bob, "b")
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		h.line(t, "n2")
	})
}

func TestRealHold(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		_, err := h.Hold(h.ctx, bob, true)
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		n := h.ticks() - 1
		require.Equal(t, h.seenAt(n), h.seenAt(n-40), "the last picture")
		a, err := h.Take(h.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		require.Equal(t, "'n1' (news.yml #1) stands ready: it airs when the hold by bob (ctl) is lifted", a.Said)
		require.Equal(t, "a", h.seenAt(h.ticks()-1).src)
		time.Sleep(20 * time.Second)
		a, err = h.Take(h.ctx, bob, Take{Playlist: "news.yml", Index: 1})
		require.NoError(t, err)
		require.Contains(t, a.Said, "'n2' (news.yml #2) stands ready")
		_, err = h.Hold(h.ctx, bob, false)
		require.NoError(t, err)
		time.Sleep(time.Second)
		h.line(t, "n2")
		_, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		time.Sleep(time.Second)
		on := h.line(t, "a")

		_, err = h.Take(h.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		time.Sleep(time.Second)
		held := h.ticks()
		_, err = h.Hold(h.ctx, bob, true)
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		a, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		require.Contains(t, a.Said, "'a' (main.yml #1) stands ready")
		time.Sleep(time.Minute)
		_, err = h.Hold(h.ctx, bob, false)
		require.NoError(t, err)
		held = h.ticks() - held
		time.Sleep(time.Second)
		require.InDelta(t, on+held, h.line(t, "a"), 2, "the programme stood still meanwhile")
	})
}

// A hard start takes the air from a take; an undo of the take does not take it back.
func TestRealHardStartWins(t *testing.T) {
	at, err := when.ParseMoment("2000-01-01 00:00:16")
	require.NoError(t, err)
	film := &playlist.Playlist{File: "film.yml", Version: "1", Items: []playlist.Item{item("f", 30)}, Schedule: &playlist.Schedule{
		At: &at, Start: playlist.Hard, Return: playlist.Resume, Fill: playlist.FillCut, Late: playlist.Begin,
	}}
	inHouse(t, []*playlist.Playlist{film}, func(t *testing.T, h *house) {
		_, err := h.Take(h.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		time.Sleep(7 * time.Second)
		on := h.line(t, "f")
		_, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Equal(t, on, h.line(t, "f"), "the film would be on air without the take too")
	})
}

func TestRealTakeOfWhatCannotPlay(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		on := h.line(t, "a")
		_, err := h.Take(h.ctx, bob, Take{Item: "missing"})
		require.EqualError(t, err, "missing is missing")
		_, err = h.Take(h.ctx, bob, Take{Item: "missing", Next: true})
		require.EqualError(t, err, "missing is missing")
		require.Len(t, h.Notes(), 2, "one each")
		time.Sleep(time.Second)
		require.Equal(t, on, h.line(t, "a"), "the air did not notice")
	})
}
