package rehearse

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/timeline"
)

// maxFindings bounds what is told: beyond, nobody reads on.
const maxFindings = 5_000

// book makes a report of the engine's rows.
type book struct {
	o      *Options
	grid   timeline.Grid
	total  int64
	over   bool // what the engine still tells is the rehearsal's own end
	r      Report
	found  map[finding]int // index in r.Findings
	lists  map[string]bool
	starts map[start]bool // that took the air, or are told as missed
	bare   []bare         // of which something could not play
	gap    gap
}

// finding is what makes two sightings one finding.
type finding struct {
	code     Code
	list, id string
}

type start struct {
	list    string
	planned int64
}

// bare is a start and the tick at which an item of it was passed over.
type bare struct {
	list    string
	planned time.Time
	tick    int64
}

// gap is a stretch in which something stood in.
type gap struct {
	open  bool
	start int64
	ticks int64
	kinds map[playout.Outcome]int64
	after playlist.Entry
}

func newBook(o *Options, total int64) *book {
	b := &book{o: o, grid: timeline.Of(o.House), total: total, found: map[finding]int{}, lists: map[string]bool{}, starts: map[start]bool{}}
	b.r = Report{From: o.From, Ticks: total, To: o.From.Add(b.grid.Due(total)), LongestAt: -1}
	return b
}

// row takes a row of the engine's down.
func (b *book) row(r playout.Row) {
	if b.over {
		b.last(&r)
	}
	if b.o.Aired != nil {
		b.o.Aired(r)
	}
	e := r.Entry
	for _, m := range schedule.MissedBy(e) {
		b.missed(m, r.Start)
	}
	if standsIn(r) {
		b.standIn(r)
		return
	}
	if r.Ticks > 0 {
		b.endGap()
	}
	switch r.Outcome {
	case playout.Skipped:
		b.r.Skipped++
		if k := len(b.bare) - 1; !e.Planned.IsZero() && (k < 0 || b.bare[k].list != e.Playlist || !b.bare[k].planned.Equal(e.Planned)) {
			b.bare = append(b.bare, bare{e.Playlist, e.Planned, r.Start})
		}
		b.see(CannotPlay, r.Start, 0, e, fmt.Sprintf("%s cannot play: %s", name(e), cause(r)))
		return
	case playout.Crashed, playout.EndedEarly:
		short := int64(0)
		if n := b.o.Ticks(e.Item); n > r.At+r.Ticks {
			short = n - r.At - r.Ticks
		}
		b.see(BreaksOff, r.Start+r.Ticks, short, e, fmt.Sprintf("%s breaks off at %s: %s", name(e), b.clock(r.At+r.Ticks), cause(r)))
	case playout.Cut:
		b.cut(r)
	case playout.Filler:
		b.r.Fillers += r.Ticks
	}
	if r.Ticks == 0 {
		return
	}
	if e.Mode == playlist.ModeSlate {
		b.r.Rest += r.Ticks
		b.see(NothingFits, r.Start, r.Ticks, playlist.Entry{}, fmt.Sprintf("no filler fits into the last %s before a start", b.span(r.Ticks)))
		return
	}
	b.begins(r)
}

// last makes the last row of the one that the rehearsal's end broke off.
func (b *book) last(r *playout.Row) {
	if r.Outcome == playout.Cut {
		r.Outcome, r.Cause, r.Final = playout.Played, nil, false
	}
}

// standsIn says that nothing of the plan is what the row shows.
func standsIn(r playout.Row) bool {
	switch r.Outcome {
	case playout.Hold, playout.Slate:
		return r.Entry.Mode != playlist.ModeSlate
	case playout.Filler:
		return r.Entry.Mode != playlist.ModeFiller
	}
	return false
}

// begins takes down that an item airs, and with it perhaps its playlist's start.
func (b *book) begins(r playout.Row) {
	e := r.Entry
	if r.At == e.From {
		b.r.Entries++
	}
	b.lists[e.Playlist] = true
	if b.o.Ticks(e.Item) == 0 && r.Outcome != playout.Filler {
		if e.Item.Duration == 0 { // a live source may end at any time
			b.see(UnknownLength, r.Start, 0, e, b.unknown(e))
		}
	}
	if e.Planned.IsZero() || e.Planned.Before(b.o.From) {
		return
	}
	s := start{e.Playlist, e.Planned.UnixNano()}
	if b.starts[s] {
		return
	}
	b.starts[s] = true
	b.r.Starts++
	due := b.due(e.Planned)
	switch late := r.Start - due; {
	case late <= 0:
	case e.Mode == playlist.ModeSoft:
		b.see(WaitedStart, r.Start, late, e, fmt.Sprintf("%s waits %s for the item on air", b.planned(e.Playlist, e.Planned), b.span(late)))
	case late > 1:
		b.see(LateStart, r.Start, late, e, fmt.Sprintf("%s begins %s late", b.planned(e.Playlist, e.Planned), b.span(late)))
	}
}

// due is the first tick at or after a time.
func (b *book) due(t time.Time) int64 {
	d := t.Sub(b.o.From)
	n := b.grid.TickAt(d)
	if b.grid.Due(n) < d {
		n++
	}
	return n
}

func (b *book) unknown(e playlist.Entry) string {
	why := "until it has been looked at"
	if b.o.Why != nil {
		if _, words := b.o.Why(e.Item); words != "" {
			why = words
		}
	}
	if playlist.Live(e.Item.Source) {
		why = "give it a duration"
	}
	return fmt.Sprintf("nobody knows how long %s lasts, so what comes after it may come at another time: %s", name(e), why)
}

// cut takes down what a cut costs.
func (b *book) cut(r playout.Row) {
	if !r.Final || b.over {
		return
	}
	b.r.Cuts++
	left := int64(0)
	if n := b.o.Ticks(r.Entry.Item); n > 0 {
		left = n - r.At - r.Ticks
	}
	b.see(CutItem, r.Start+r.Ticks, left, r.Entry, fmt.Sprintf("%s is cut at %s, %s before its end: %s",
		name(r.Entry), b.clock(r.At+r.Ticks), b.span(left), cause(r)))
}

func (b *book) missed(m schedule.Missed, tick int64) {
	s := start{m.Playlist, m.Planned.UnixNano()}
	if b.starts[s] || m.Planned.Before(b.o.From) {
		return
	}
	b.starts[s] = true
	b.see(MissedStart, tick, 0, playlist.Entry{Playlist: m.Playlist, Planned: m.Planned}, fmt.Sprintf("%s never airs: %s", b.planned(m.Playlist, m.Planned), m.Why))
}

// standIn takes a stretch down in which something stood in.
func (b *book) standIn(r playout.Row) {
	if r.Ticks == 0 {
		return
	}
	g := &b.gap
	if !g.open {
		*g = gap{open: true, start: r.Start, after: r.Entry, kinds: map[playout.Outcome]int64{}}
	}
	g.ticks += r.Ticks
	g.kinds[r.Outcome] += r.Ticks
	b.r.Held += r.Ticks
}

// endGap takes a gap down that is over.
func (b *book) endGap() {
	g := b.gap
	if !g.open {
		return
	}
	b.gap = gap{}
	if g.ticks > b.r.Longest {
		b.r.Longest, b.r.LongestAt = g.ticks, g.start
	}
	text := "there is nothing that can air"
	if g.after.Item.ID != "" {
		text = name(g.after) + " keeps the channel waiting"
	}
	shown := ""
	for _, o := range []playout.Outcome{playout.Hold, playout.Filler, playout.Slate} {
		if n := g.kinds[o]; n > 0 {
			shown += map[playout.Outcome]string{playout.Hold: ", the last picture for ", playout.Filler: ", the filler for ",
				playout.Slate: ", the slate for "}[o] + b.span(n)
		}
	}
	b.see(Gap, g.start, g.ticks, g.after, text+shown)
}

// see adds a sighting to its finding.
func (b *book) see(code Code, tick, ticks int64, e playlist.Entry, message string) {
	k := finding{code: code, list: e.Playlist, id: e.Item.ID}
	if e.Item.ID == "" && code == MissedStart || code == LateStart || code == Gap || code == UnmetFault {
		k.id += message // what is the same only where it says the same
	}
	if i, ok := b.found[k]; ok {
		f := &b.r.Findings[i]
		f.Times++
		f.Ticks += ticks
		f.Longest = max(f.Longest, ticks)
		return
	}
	if len(b.r.Findings) >= maxFindings {
		b.r.More++
		return
	}
	e.Place = nil
	b.found[k] = len(b.r.Findings)
	b.r.Findings = append(b.r.Findings, Finding{Code: code, Severity: severities[code], Tick: tick, Times: 1,
		Ticks: ticks, Longest: ticks, Entry: e, Message: message})
}

// report is the book, closed.
func (b *book) report() *Report {
	b.endGap()
	for _, s := range b.bare { // what is on air may have stayed there
		b.missed(schedule.Missed{Playlist: s.list, Planned: s.planned, Why: "nothing in it can play"}, s.tick)
	}
	b.r.Lists = len(b.lists)
	slices.SortStableFunc(b.r.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Severity, y.Severity), cmp.Compare(x.Tick, y.Tick))
	})
	return &b.r
}

func name(e playlist.Entry) string {
	return fmt.Sprintf("%s (%s, item %d)", playlist.Redact(e.Item.Title), e.Playlist, e.Index+1)
}

func cause(r playout.Row) string {
	if r.Cause == nil {
		return "nobody says why"
	}
	return r.Cause.Error()
}

func (b *book) planned(list string, t time.Time) string {
	return fmt.Sprintf("%s, planned for %s,", list, t.In(b.o.From.Location()).Format(time.DateTime))
}

// clock is a place in an item.
func (b *book) clock(ticks int64) string {
	return time.Time{}.Add(b.grid.Duration(ticks)).Format("15:04:05")
}

// span is a length of time for people: to the second, or finer where it is short.
func (b *book) span(ticks int64) string {
	d := b.grid.Duration(ticks)
	if d < 10*time.Second {
		return fmt.Sprint(d.Round(10 * time.Millisecond))
	}
	return fmt.Sprint(d.Round(time.Second))
}
