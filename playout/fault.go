package playout

import (
	"fmt"
	"log/slog"
	"strings"

	"airloom/playlist"
	"airloom/playout/media"
)

// maxBanned bounds the memory of file versions that are left out.
const maxBanned = 10_000

// ban leaves a file version out that has crashed its decoder twice.
func (e *Engine) ban(f *feed, cause error) {
	if f.version == "" {
		return
	}
	if len(e.banned) >= maxBanned {
		clear(e.banned)
	}
	e.banned[f.version] = true
	if e.rooms.Ban != nil {
		e.rooms.Ban(f.version, f.entry, cause)
	}
}

// isBanned is why the feed's file version is left out; nil if it is not.
func (e *Engine) isBanned(f *feed) error {
	if f.version == "" || !e.banned[f.version] && (e.rooms.Banned == nil || !e.rooms.Banned(f.version)) {
		return nil
	}
	return &media.Fault{Kind: media.FaultCrashed, Err: fmt.Errorf(
		"%s crashed its decoder twice and is left out until the file changes", f.name())}
}

// event is the outcome as the log's events have it.
func (o Outcome) event() string { return "item-" + strings.ReplaceAll(string(o), " ", "-") }

// maxTold bounds what is remembered of what was logged.
const maxTold = 10_000

// tell logs why an item did not play, or not to its end. An item that comes round
// and fails for the same cause again is worth no second warning.
func (e *Engine) tell(entry playlist.Entry, o Outcome, cause error) {
	level, id := slog.LevelWarn, key(entry)
	if e.told[id] == cause.Error() {
		level = slog.LevelDebug
	}
	if len(e.told) >= maxTold {
		clear(e.told)
	}
	e.told[id] = cause.Error()
	e.rooms.Log.Log(e.ctx, level, "item "+string(o), "event", o.event(), "item", entry.Item.Title, "source", playlist.Redact(entry.Item.Source),
		"playlist", entry.Playlist, "line", entry.Item.Line, "kind", media.KindOf(cause), "cause", cause)
}
