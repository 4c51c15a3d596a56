package schedule

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"airloom/playlist"
)

// The state file's form of an entry.
type (
	savedEntry struct {
		Version  int           `json:"v"`
		Item     playlist.Item `json:"item"`
		Playlist string        `json:"playlist"`
		Index    int           `json:"index"`
		Round    int           `json:"round,omitempty"`
		From     int64         `json:"from,omitempty"`
		Ticks    int64         `json:"ticks,omitempty"`
		Mode     playlist.Mode `json:"mode"`
		Planned  time.Time     `json:"planned,omitzero"`
		Left     int64         `json:"left"`
		Place    *savedPlace   `json:"place,omitempty"`
	}
	savedPlace struct {
		Tick    int64      `json:"tick"`
		Seen    int64      `json:"seen"`
		Base    savedRun   `json:"base"`
		Runs    []savedRun `json:"runs,omitempty"`
		Air     int        `json:"air"`
		Beside  bool       `json:"beside,omitempty"`
		Folders []tally    `json:"folders,omitempty"`
		Opened  []opened   `json:"opened,omitempty"`
	}
	savedRun struct {
		Kind   kind     `json:"kind,omitempty"`
		File   string   `json:"file"`
		Start  int64    `json:"start,omitempty"`
		End    int64    `json:"end,omitempty"`
		Begun  bool     `json:"begun,omitempty"`
		Aired  bool     `json:"aired,omitempty"`
		Lap    bool     `json:"lap,omitempty"`
		Told   bool     `json:"told,omitempty"`
		Pause  int64    `json:"pause,omitempty"`
		ID     string   `json:"id,omitempty"`
		Behind []string `json:"behind,omitempty"` // the items that stand behind it
		Round  int      `json:"round,omitempty"`
		Files  []string `json:"files,omitempty"` // of a folder's visit, from the one at hand
		Rest   int      `json:"rest,omitempty"`
		Left   int64    `json:"left,omitempty"`
	}
)

const (
	savedVersion = 1
	savedBehind  = 16
)

// Save is e, left at its tick left, for the state file. What a position is found
// by, should its item be gone by then, is its identity and those of the 16 items
// that stood behind it. The source stands there for people alone, so without what
// may be a secret.
func Save(e playlist.Entry, left int64) ([]byte, error) {
	if l := liveOf(e); l != nil { // who was live is not when it is read again
		e, left = l.on, l.left
	}
	e.Item.Source = playlist.Redact(e.Item.Source)
	out := savedEntry{Version: savedVersion, Item: e.Item, Playlist: e.Playlist, Index: e.Index, Round: e.Round,
		From: e.From, Ticks: e.Ticks, Mode: e.Mode, Planned: e.Planned, Left: left}
	if pl, ok := e.Place.(*place); ok {
		p := &savedPlace{Tick: pl.tick, Seen: pl.seen, Base: pl.ground.save(), Air: pl.air, Beside: pl.beside, Folders: pl.folders, Opened: pl.opened}
		for i := range pl.runs {
			r := pl.runs[i].save()
			if i == pl.air && !pl.beside { // it is on air
				r.Aired, r.Lap = true, true
			}
			p.Runs = append(p.Runs, r)
		}
		out.Place = p
	}
	data, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("save the playhead: %w", err)
	}
	return data, nil
}

func (r *run) save() savedRun {
	out := savedRun{
		Kind: r.kind, File: r.name(), Start: r.start, End: r.end, Begun: r.begun, Aired: r.aired, Lap: r.lap, Told: r.told, Pause: r.pause,
		Round: r.round, Left: r.left,
	}
	if r.again {
		out.Left = 0
	}
	if r.visit != nil {
		out.Files, out.Rest = r.visit.files[min(r.file, len(r.visit.files)):], r.visit.rest
	}
	switch {
	case r.saved != nil:
		out.ID, out.Behind = r.saved.id, r.saved.behind
	case len(r.list.items) > 0:
		items := r.list.items
		out.ID = items[r.at].ID
		for k := 1; k < min(len(items), savedBehind+1); k++ {
			out.Behind = append(out.Behind, items[(r.at+k)%len(items)].ID)
		}
	}
	return out
}

// Restore is what Save wrote: hand it to Next to go on from there.
func Restore(data []byte) (e playlist.Entry, left int64, err error) {
	var in savedEntry
	if err := json.Unmarshal(data, &in); err != nil {
		return playlist.Entry{}, Ended, fmt.Errorf("read the saved playhead: %w", err)
	}
	if in.Version != savedVersion {
		return playlist.Entry{}, Ended, fmt.Errorf("read the saved playhead: it is of version %d, and this airloom knows version %d: the channel begins anew", in.Version, savedVersion)
	}
	if in.Item.ID == "" {
		return playlist.Entry{}, Ended, errors.New("read the saved playhead: it names no item: the channel begins anew")
	}
	e = playlist.Entry{Item: in.Item, Playlist: in.Playlist, Index: in.Index, Round: in.Round,
		From: max(in.From, 0), Ticks: max(in.Ticks, 0), Mode: in.Mode, Planned: in.Planned}
	if in.Place != nil {
		e.Place = in.Place.restore()
	}
	return e, max(in.Left, Ended), nil
}

// Afresh is e with the programme at its beginning: what is open begins again, what
// is over stays over, and folders go on in their order. Hand it to Next as ended.
func Afresh(e playlist.Entry) playlist.Entry {
	pl, ok := e.Place.(*place)
	if !ok {
		return e
	}
	again := *pl
	anew := func(r run) run {
		r.position = position{off: -1, saved: &mark{file: r.name()}}
		r.aired, r.lap, r.told, r.pause, r.laps = false, false, false, 0, 0
		r.begun = r.kind == base
		return r
	}
	again.ground, again.runs = anew(pl.ground), nil
	for _, r := range pl.runs {
		if r.kind == timed {
			again.runs = append(again.runs, anew(r))
		}
	}
	again.plans, again.air, again.beside, again.missed = nil, onBase, true, nil
	e.Place = &again
	return e
}

func (in *savedPlace) restore() *place {
	pl := &place{tick: in.Tick, seen: sane(in.Seen), ground: in.Base.restore(base), air: in.Air, beside: in.Beside}
	for _, r := range in.Runs {
		kind := timed
		if r.Kind == taken {
			kind = taken
		}
		pl.runs = append(pl.runs, r.restore(kind))
	}
	if pl.air < onNone || pl.air >= len(pl.runs) {
		pl.air, pl.beside = onBase, true
	}
	pl.opened = slices.Clone(in.Opened)
	pl.folders = slices.Clone(in.Folders)
	slices.SortFunc(pl.folders, func(a, b tally) int { return cmp.Compare(a.ID, b.ID) })
	return pl
}

func (in *savedRun) restore(k kind) run {
	r := run{kind: k, start: sane(in.Start), end: in.End, begun: in.Begun || k != timed}
	r.round, r.left, r.off = max(in.Round, 0), max(in.Left, 0), -1
	r.aired, r.lap, r.told, r.pause = in.Aired, in.Lap, in.Told, in.Pause
	r.saved = &mark{in.File, in.ID, in.Behind}
	if len(in.Files) > 0 {
		r.visit = &visit{in.Files, max(in.Rest, whole)}
	}
	return r
}

// sane keeps a time that was read within what can be reckoned with.
func sane(at int64) int64 { return min(max(at, 0), nanos(time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC))) }
