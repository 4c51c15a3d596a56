package playout

import (
	"errors"
	"io"

	"airloom/playlist"
	"airloom/playout/media"
)

// feed is an entry with its clip, read one tick ahead: the tick at its head is
// what proves that a clip is ready for air.
type feed struct {
	entry   playlist.Entry
	spec    media.Spec
	clip    Clip
	head    *media.Tick
	err     error   // what ended the clip; nothing comes after it
	version string  // of the file, once known; stays over a crash
	crashes int     // how often this airing's decoder has died
	ready   bool    // its first tick has been seen
	opened  int64   // the channel's tick at which it was opened
	ticks   int64   // the item's whole length; 0: unknown
	still   bool    // no clip at all: the engine itself shows…
	shows   Outcome // …this for as long as is planned; "" where the clip shows
	doomed  doomed  // its clip, where that can tell

	live     bool     // see live.go
	away     *absence // its source is not there; nil: it is, or is being opened for the first time
	absences int      // how often it was not
	lost     error    // why, last
	missed   int64    // ticks on air that the source did not give
	aired    bool     // a tick of it has been on air
}

// warm reports that the feed could go on air at this moment.
func (f *feed) warm() bool { return f != nil && (f.head != nil || f.still || f.away != nil) }

// at is the item's tick that it would give next.
func (f *feed) at() int64 {
	if f.head != nil && !f.live {
		return f.head.N
	}
	return f.entry.From
}

// adopt takes the entry as it is now: where its clip was opened stays.
func (f *feed) adopt(entry playlist.Entry) {
	entry.From = f.entry.From
	f.entry = entry
	if f.still && entry.Ticks > 0 {
		f.ticks = entry.From + entry.Ticks
	}
}

// reach lets go of the ticks before at, which time has passed while they were
// made. It reports whether the feed is there.
func (f *feed) reach(at int64) bool {
	if f.still || f.at() >= at {
		return true
	}
	for f.head != nil && f.head.N < at {
		f.drop()
		_ = f.peek()
	}
	f.entry.From, f.ready = at, f.head != nil
	return f.ready
}

// peek makes sure of the head: nil, media.ErrNotReady, io.EOF or a fault.
func (f *feed) peek() error {
	if f.head != nil || f.still {
		return nil
	}
	if f.err == nil {
		t, err := f.clip.Poll()
		if err == nil {
			f.head = t
			if f.version == "" {
				info, _ := f.clip.Info()
				f.version = info.Version
			}
			return nil
		}
		if errors.Is(err, media.ErrNotReady) {
			return err
		}
		f.err = err
	}
	return f.err
}

// take hands the head out, with its ownership.
func (f *feed) take() *media.Tick {
	t := f.head
	f.head = nil
	return t
}

// drop gives the head up.
func (f *feed) drop() {
	if f.head != nil {
		f.head.Free()
		f.head = nil
	}
}

// close gives the clip up.
func (f *feed) close() {
	f.drop()
	if a := f.away; a != nil && a.trial != nil {
		_ = a.trial.Close()
		a.trial = nil
	}
	_ = f.clip.Close() // it returns at once; what is left of it is the opener's
}

// length is the item's whole length in ticks, 0 while unknown.
func (f *feed) length() int64 {
	if f.ticks == 0 {
		info, _ := f.clip.Info()
		f.ticks = info.Ticks
	}
	return f.ticks
}

// heavy reports that reading the clip takes most of a processor.
func (f *feed) heavy() bool {
	info, _ := f.clip.Info()
	return info.Heavy
}

// dies tells early of a clip whose decoder has died behind the ticks that are
// already there: while it waits, there is time to open it again.
func (f *feed) dies() error {
	if f.doomed == nil || f.err != nil {
		return nil
	}
	err := f.doomed.Err()
	if err == nil || media.KindOf(err) != media.FaultCrashed {
		return nil
	}
	f.drop()
	f.err = err
	return err
}

// name is the source as people may see it.
func (f *feed) name() string { return playlist.Redact(f.entry.Item.Source) }

// nothing is the clip of an entry that could not even be named.
type nothing struct{}

func (nothing) Poll() (*media.Tick, error)   { return nil, io.EOF }
func (nothing) Ready() <-chan struct{}       { return nil }
func (nothing) Info() (media.ClipInfo, bool) { return media.ClipInfo{}, false }
func (nothing) Close() error                 { return nil }
