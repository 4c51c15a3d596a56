package control

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// Sources is where a [Board] gets its figures. All functions may be called from
// any goroutine and return at once.
type Sources struct {
	Channel string
	House   media.House
	Engine  interface {
		Snapshot() (playout.Snapshot, playout.Counts)
	}
	// Rundown tells what the clock has coming; nil: nothing is told of it.
	Rundown interface {
		Next(e playlist.Entry, left, n int64) playlist.Entry
		Clock() schedule.Clock
	}
	Outputs func() []Output
	Encoder func() (speed float64, skipped int64)
	Workers func() int64
	// Arrival is what the server says; nil where nobody asks it.
	Arrival func() Arrival
	// Producers is who may go live; nil where nobody may.
	Producers func() []Producer
}

// Board keeps what is known of the channel. What aired comes in through Report,
// which never blocks; everything else is asked for when a Status is wanted.
type Board struct {
	src     Sources
	grid    timeline.Grid
	started time.Time
	reports chan playout.Row
	tally   tally

	stopping atomic.Bool

	mu     sync.Mutex
	items  items
	raised map[string]Alert            // by code
	shown  map[string]map[string]Alert // by code and message
	over   overload
	late   int64     // how often the process had stood still at the last look…
	lateAt time.Time // …and when it last did
	ticks  int64     // the tick counter when it last moved…
	moved  time.Time // …and when that was
}

// NewBoard returns a board; its Run has to be started.
func NewBoard() *Board {
	return &Board{started: time.Now(), reports: make(chan playout.Row, 256), items: items{alerts: map[itemKey]Alert{}}, raised: map[string]Alert{}, shown: map[string]map[string]Alert{}}
}

// Connect gives the board its sources, before anything asks it.
func (b *Board) Connect(src Sources) { b.src, b.grid = src, timeline.Of(src.House) }

// Report takes note of what aired. It never blocks: should the board fall
// behind, which takes hundreds of items a second, the row is lost to the alerts.
func (b *Board) Report(r playout.Row) {
	select {
	case b.reports <- r:
	default:
	}
}

// Raise shows an alert until it is cleared. A code is raised once: a later alert
// replaces an earlier one and keeps its time.
func (b *Board) Raise(a Alert) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.raised[a.Code]; ok {
		a.Since = old.Since
	}
	b.raised[a.Code] = a
}

// Clear takes an alert back.
func (b *Board) Clear(code string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.raised, code)
}

// Show makes these the alerts of the code, each with its own time, and told from
// the others by its message; none takes them all back.
func (b *Board) Show(code, severity string, alerts []Alert) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.shown[code]
	now := make(map[string]Alert, len(alerts))
	for _, a := range alerts {
		a.Severity, a.Code, a.Since = severity, code, time.Now()
		if old, ok := was[a.Message]; ok {
			a.Since = old.Since
		}
		now[a.Message] = a
	}
	b.shown[code] = now
}

// Run digests the reports and watches the encoder until the context is done.
func (b *Board) Run(ctx context.Context) error {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-b.reports:
			b.note(r)
		case <-every.C:
			b.watch()
		}
	}
}

// note takes a report to the alerts for items.
func (b *Board) note(r playout.Row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items.note(r, time.Now())
}

// KeepItems tells which items there are by now, and where: the alerts of others go,
// and none is raised for them, not even for one that is still on air.
func (b *Board) KeepItems(lists []*playlist.Playlist) {
	ids := map[string]bool{}
	for _, l := range lists {
		for i := range l.Items {
			ids[l.Items[i].ID] = true
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items.keep(ids)
	b.items.find(lists)
}

// Stopping makes the state Stopping from now on: the channel is being stopped.
func (b *Board) Stopping() { b.stopping.Store(true) }

// watch notices when the encoder has skipped pictures since the last look.
func (b *Board) watch() {
	_, counts := b.src.Engine.Snapshot()
	b.mu.Lock()
	defer b.mu.Unlock()
	if counts.Ticks != b.ticks {
		b.ticks, b.moved = counts.Ticks, time.Now()
	}
	b.over.look(counts, time.Now())
	if counts.Late > b.late {
		b.lateAt = time.Now()
	}
	b.late = counts.Late
}

// calm is how long no picture may be skipped for an overload to be over.
const calm = 10 * time.Second

// overload is a stretch of time in which pictures were skipped again and again.
type overload struct {
	from, last time.Time      // when it began, and the latest skip
	base       playout.Counts // the figures at its beginning
	seen       playout.Counts // the figures at the last look
}

// look notices when pictures have been skipped since the last look.
func (o *overload) look(c playout.Counts, now time.Time) {
	if c.Skipped > o.seen.Skipped {
		if now.Sub(o.last) > calm {
			o.from, o.base = now, o.seen
		}
		o.last = now
	}
	o.seen = c
}

// figures are the pictures skipped since it began, and the speed of the encoder since.
func (o *overload) figures(c playout.Counts) (skipped, percent int64) {
	skipped = c.Skipped - o.base.Skipped
	ticks := max(1, c.Ticks-o.base.Ticks)
	return skipped, 100 * (ticks - skipped) / ticks
}

// stuck is how long ticks may stand still before the channel counts as dead.
const stuck = 3 * time.Second

// Healthy reports whether ticks flow.
func (b *Board) Healthy() bool {
	_, counts := b.src.Engine.Snapshot()
	b.mu.Lock()
	defer b.mu.Unlock()
	if counts.Ticks != b.ticks {
		b.ticks, b.moved = counts.Ticks, time.Now()
	}
	return time.Since(b.moved) < stuck
}

// Status is the channel as it stands.
func (b *Board) Status() Status {
	snap, counts := b.src.Engine.Snapshot()
	now := time.Now()
	speed, _ := b.src.Encoder()
	s := Status{
		Channel: b.src.Channel, State: b.state(snap, counts), UptimeS: round(now.Sub(b.started)), Tick: counts.Ticks,
		Outputs: b.src.Outputs(), Arrival: Arrival{State: "not-checked"}, Producers: []Producer{},
		Encoder:   Encoder{Speed: speed, HeldTicks: counts.Held, SkippedTicks: counts.Skipped},
		Resources: Live{RSSBytes: rss(), Goroutines: runtime.NumGoroutine(), Pictures: media.Live.Pictures.Load(), Workers: b.src.Workers()},
	}
	if b.src.Arrival != nil {
		s.Arrival = b.src.Arrival()
	}
	if b.src.Producers != nil {
		s.Producers = b.src.Producers()
	}
	if len(s.Outputs) > 0 {
		s.Output = s.Outputs[0]
	}
	s.Now, s.Next, s.Due = b.airing(snap, counts, now), b.coming(snap, counts, now), b.due(snap, counts, now)
	s.Held, s.Slated = b.stands(snap, counts, now)
	s.Alerts = b.alerts(s, snap, counts, now)
	return s
}

// outputGrace is how long an output may be away before it is an alert: a
// restart of the server should not cry wolf.
const outputGrace = 5 * time.Second

// alerts are what an operator should know now.
func (b *Board) alerts(s Status, snap playout.Snapshot, c playout.Counts, now time.Time) []Alert {
	list := append(b.standIns(snap, c, now), b.aways(snap, c, now)...)
	for _, o := range s.Outputs {
		if !o.DownSince.IsZero() && now.Sub(o.DownSince) > outputGrace {
			list = append(list, Alert{Severity: "error", Code: "output-down", Subject: o.Name, Since: o.DownSince,
				Message: fmt.Sprintf("output %s is not publishing: %s", o.Name, cmp.Or(o.LastError, "no answer yet"))})
		}
	}
	list = append(list, lost(s.Producers)...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, percent := b.over.figures(c); now.Sub(b.over.last) < calm {
		list = append(list, Alert{Severity: "warning", Code: "encoder-overload", Since: b.over.from, Message: fmt.Sprintf(
			"the encoder had no time for %d pictures and runs at %d %% of real time: choose a faster preset or a smaller house size, or give the machine less else to do",
			n, percent)})
	}
	if !b.lateAt.IsZero() && now.Sub(b.lateAt) < 10*time.Minute {
		list = append(list, Alert{Severity: "warning", Code: "stood-still", Since: b.lateAt, Message: fmt.Sprintf(
			"the process stood still for more than 2 s (%d times by now) and went on from where it was", c.Late)})
	}
	list = slices.AppendSeq(list, maps.Values(b.raised))
	for _, shown := range b.shown {
		list = slices.AppendSeq(list, maps.Values(shown))
	}
	list = slices.AppendSeq(list, maps.Values(b.items.alerts))
	slices.SortFunc(list, func(x, y Alert) int { return cmp.Or(cmp.Compare(x.Severity, y.Severity), x.Since.Compare(y.Since)) })
	return list
}

// round is a duration in seconds, to the millisecond, for display.
func round(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// rss is the resident set of this process in bytes; 0 where it cannot be read.
func rss() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(raw))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
