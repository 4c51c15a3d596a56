package playout

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// pic is a picture that knows where it came from and counts its handles.
type pic struct {
	src    string
	tick   int64
	airing int
	live   *int
}

func (p *pic) Ref() media.Picture { *p.live++; return p }
func (p *pic) Release()           { *p.live-- }

// script says how a fake clip behaves.
type script struct {
	ticks     int64
	slowOpen  int             // polls until the first tick is there
	stallAt   int64           // the tick before which it stalls…
	stallFor  int             // …for so many polls
	faultAt   int64           // the tick that is not there any more…
	fault     media.FaultKind // …and why
	faultOnce bool            // only when opened from the beginning
	every     int             // gives a tick only at every so-many-th poll
	version   string
	heavy     bool
	live      bool // its length is unknown
}

// tester is a test, or one try of a property's.
type tester interface {
	require.TestingT
	Cleanup(f func())
}

// theatre opens fake clips by name and keeps count of everything.
type theatre struct {
	t       tester
	house   media.House
	grid    timeline.Grid
	scripts map[string]script
	opened  []string
	open    int
	live    int // picture handles
}

func (th *theatre) Open(_ context.Context, s media.Spec, at media.Start) Clip {
	sc, ok := th.scripts[s.Source]
	if !ok {
		sc = script{fault: media.FaultMissing}
	}
	if s.Loop {
		sc.ticks = 1 << 40
	}
	th.opened = append(th.opened, fmt.Sprintf("%s@%d", s.Source, at.Tick))
	th.open++
	return &fakeClip{th: th, src: s.Source, sc: sc, at: at.Tick, k: at.Tick, airing: len(th.opened)}
}

type fakeClip struct {
	th     *theatre
	src    string
	sc     script
	at, k  int64
	polls  int
	airing int // which opening it is
	closed bool
	dead   bool // its decoder has died: one more tick, then nothing
}

// Err tells early that the clip will crash.
func (c *fakeClip) Err() error {
	if !c.dead {
		return nil
	}
	return &media.Fault{Kind: media.FaultCrashed, Err: fmt.Errorf("%s was killed", c.src)}
}

func (c *fakeClip) Poll() (*media.Tick, error) {
	c.polls++
	if c.dead {
		return nil, c.Err()
	}
	if c.polls <= c.sc.slowOpen {
		return nil, media.ErrNotReady
	}
	if c.sc.fault != "" && c.k >= c.sc.faultAt && (!c.sc.faultOnce || c.at == 0) {
		return nil, &media.Fault{Kind: c.sc.fault, Err: fmt.Errorf("%s is %s", c.src, c.sc.fault)}
	}
	if c.k >= c.sc.ticks {
		return nil, io.EOF
	}
	if c.sc.stallFor > 0 && c.k == c.sc.stallAt {
		c.sc.stallFor--
		return nil, media.ErrNotReady
	}
	if c.sc.every > 1 && c.polls%c.sc.every != 0 {
		return nil, media.ErrNotReady
	}
	t := media.NewTick(c.th.grid.Samples(c.k) + 1)
	for i := range t.Sound[0] { // every sample tells its number in the clip
		t.Sound[0][i] = float32(c.th.grid.Sample(c.k) + int64(i))
		t.Sound[1][i] = t.Sound[0][i]
	}
	c.th.live++
	t.N, t.Picture = c.k, &pic{c.src, c.k, c.airing, &c.th.live}
	c.k++
	return t, nil
}

func (c *fakeClip) Ready() <-chan struct{} { ch := make(chan struct{}, 1); ch <- struct{}{}; return ch }
func (c *fakeClip) Info() (media.ClipInfo, bool) {
	ticks := c.sc.ticks
	if c.sc.live {
		ticks = 0
	}
	return media.ClipInfo{Ticks: ticks, Version: c.sc.version, Heavy: c.sc.heavy}, c.polls > c.sc.slowOpen
}
func (c *fakeClip) Close() error {
	require.False(c.th.t, c.closed, "closed twice")
	c.closed = true
	c.th.open--
	return nil
}

// shot is what the fake encoder saw of a tick.
type shot struct {
	n       int64
	src     string
	tick    int64
	samples int
	from    float32 // the first sample
	airing  int
}

type camera struct {
	shots []shot
	full  bool
}

func (c *camera) Offer(t *media.Tick) bool {
	p := t.Picture.(*pic)
	c.shots = append(c.shots, shot{t.N, p.src, p.tick, len(t.Sound[0]), t.Sound[0][0], p.airing})
	t.Free()
	return !c.full
}

func (c *camera) Room() <-chan struct{} { ch := make(chan struct{}, 1); ch <- struct{}{}; return ch }

// list is a rundown that loops over names.
type list []string

func (l list) entry(i int) playlist.Entry {
	return playlist.Entry{Playlist: "p.yml", Index: i, Item: playlist.Item{ID: l[i], Source: l[i], Title: l[i]}}
}
func (l list) Next(e playlist.Entry, _, _ int64) playlist.Entry {
	switch {
	case len(l) == 0:
		return playlist.Entry{}
	case e.Item.ID == "":
		return l.entry(0)
	}
	return l.entry((e.Index + 1) % len(l))
}
func (l list) Cut(playlist.Entry, int64) int64                 { return Never }
func (l list) Ends(playlist.Entry, playlist.Entry, int64) bool { return false }

// repeats is a rundown whose items each air a number of times in a row.
type repeats struct {
	list
	times int
}

func (r repeats) entry(i int) playlist.Entry {
	e := r.list.entry(i)
	e.Item.Repeat = r.times
	return e
}

func (r repeats) Next(e playlist.Entry, _, _ int64) playlist.Entry {
	if e.Item.ID == "" {
		return r.entry(0)
	}
	if e.Round+1 < r.times {
		next := r.entry(e.Index)
		next.Round = e.Round + 1
		return next
	}
	return r.entry((e.Index + 1) % len(r.list))
}

// stage is an engine among fakes.
type stage struct {
	*theatre
	*Engine
	cam  *camera
	rows []Row
}

var pal = media.House{Width: 64, Height: 36, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}

func newStage(t tester, house media.House, order list, scripts map[string]script, filler string) *stage {
	th := &theatre{t: t, house: house, grid: timeline.Of(house), scripts: scripts}
	st := &stage{theatre: th, cam: &camera{}}
	cfg := Config{
		House: house, HoldMax: 2 * time.Second, StallMax: 15 * time.Second,
		Resolve: func(e playlist.Entry) (media.Spec, error) { return media.Spec{Source: e.Item.Source}, nil },
	}
	if filler != "" {
		cfg.Filler = &media.Spec{Source: filler}
	}
	live0 := media.Live.Ticks.Load()
	st.Engine = New(cfg, Rooms{
		Opener: th, Encoder: st.cam, Rundown: order, Slate: func() media.Picture { return (&pic{"slate", 0, 0, &th.live}).Ref() },
		Report: func(r Row) { st.rows = append(st.rows, r) },
		Log:    slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		st.Close()
		require.Zero(t, th.live, "picture handles left")
		require.Zero(t, th.open, "clips left open")
		require.Equal(t, live0, media.Live.Ticks.Load(), "ticks left")
		var sum int64
		for _, r := range st.rows {
			if r.Ticks > 0 {
				require.Equal(t, sum, r.Start, "rows abut")
			}
			sum += r.Ticks
		}
		require.Equal(t, st.n, sum, "the rows' ticks are the tick counter")
	})
	st.Warm() // as Run does before its first tick
	return st
}

// ahead has the look-ahead come one tick forward.
func (st *stage) ahead() { st.tend(&st.look) }

func (st *stage) steps(n int) {
	for range n {
		st.Step()
	}
}

// shotOf is the channel's tick that showed a clip's tick first; −1: none.
func (st *stage) shotOf(src string, tick int64) int64 {
	for _, s := range st.cam.shots {
		if s.src == src && s.tick == tick {
			return s.n
		}
	}
	return -1
}

// silent reports that something stood in at the tick.
func (st *stage) silent(i int) bool {
	s := st.cam.shots[i]
	return s.src == "slate" || i > 0 && s.tick == st.cam.shots[i-1].tick && s.airing == st.cam.shots[i-1].airing
}

// story renders what aired: "a0-9 slate×3 …".
func (st *stage) story() []string {
	var out []string
	for i := 0; i < len(st.cam.shots); {
		s := st.cam.shots[i]
		j := i + 1
		for j < len(st.cam.shots) && st.cam.shots[j].src == s.src && st.cam.shots[j].tick == s.tick {
			j++
		}
		if j > i+1 || s.src == "slate" {
			out = append(out, fmt.Sprintf("%s%d×%d", s.src, s.tick, j-i))
			i = j
			continue
		}
		for j < len(st.cam.shots) && st.cam.shots[j].src == s.src && st.cam.shots[j].tick == st.cam.shots[j-1].tick+1 &&
			(j+1 >= len(st.cam.shots) || st.cam.shots[j+1] != st.cam.shots[j]) {
			j++
		}
		out = append(out, fmt.Sprintf("%s%d-%d", s.src, s.tick, st.cam.shots[j-1].tick))
		i = j
	}
	return out
}
