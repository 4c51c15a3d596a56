package control

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/timeline"
)

// Engine is what the desk wants of the engine. Each call returns once it has
// taken effect, or with why it has not.
type Engine interface {
	Snapshot() (playout.Snapshot, playout.Counts)
	Air(ctx context.Context, now bool, by string, o playout.Outcome,
		pick func(on playlist.Entry, left, n int64) (playlist.Entry, error)) error
	Hold(ctx context.Context, on bool, by string) error
	Slate(ctx context.Context, on bool, by string) error
	Lift(ctx context.Context, version string) error
}

// Rundown is what the desk wants of the schedule: the pure moves, as plans and
// clock stand. They are asked on the engine's goroutine and may not block.
type Rundown interface {
	Next(e playlist.Entry, left, n int64) playlist.Entry
	Cut(e playlist.Entry, n int64) int64
	Clock() schedule.Clock
	Take(e playlist.Entry, left, n int64, file, item string) (playlist.Entry, error)
	Back(e playlist.Entry, left, n int64) (playlist.Entry, error)
	Seek(e playlist.Entry, to, n int64) (playlist.Entry, error)
	Walk(ctx context.Context, e playlist.Entry, left, n, end int64) iter.Seq[schedule.Slot]
}

// Library is what the desk wants of the playlists.
type Library interface {
	// Playlists are the versions in use.
	Playlists() []*playlist.Playlist
	// Reload reads them anew and returns when what was found is in place; the
	// error says what could not be used.
	Reload(ctx context.Context) error
}

// Outputs stops and starts an output by its name, and returns once it is so.
type Outputs interface {
	Stop(ctx context.Context, name string) error
	// Start also returns with what keeps it from publishing, in words.
	Start(ctx context.Context, name string) (trouble string, err error)
}

// Banned is a file version that is left out because it crashed its decoder.
type Banned struct {
	Version string    `json:"version"` // names it in Lift
	Source  string    `json:"source"`
	Cause   string    `json:"cause"`
	Since   time.Time `json:"since"`
}

// Rooms is what a [Desk] works with.
type Rooms struct {
	Engine     Engine
	Rundown    Rundown
	Library    Library
	Outputs    Outputs
	Senders    func() []Sender // who may go live; nil: nobody
	Quarantine func() []Banned // may be called from any goroutine; nil: none is kept
	Status     func() Status
	Grid       timeline.Grid
	Zone       *time.Location // of the times in answers
	Log        *slog.Logger
}

// Who is who asked, and by what way: "alice" by "ctl". From is the network
// address it came from, if it came from one.
type Who struct{ Name, Via, From string }

// String is as the as-run log has it: "alice (ctl)".
func (w Who) String() string {
	if w.Name == "" {
		return w.Via
	}
	return w.Name + " (" + w.Via + ")"
}

// Desk is where every command comes in, whoever gives it. A command is answered
// when it has taken effect on air, or with a [Refusal]; it is carried out whether
// or not the one who gave it still waits, within answerWithin at the longest.
//
// The commands that move the programme (skip, back, restart, take, seek, undo)
// go one at a time. Each means the item that was on air when it came in: should
// another be on air by its turn, it is refused. The same one given again while
// the first is under way, a double click, is one command with two answers; a
// different one overtakes it.
type Desk struct {
	rooms Rooms
	life  context.Context
	end   context.CancelFunc
	wg    sync.WaitGroup // of what is lined up

	mu     sync.Mutex
	notes  []Note          // a ring
	noted  int             // how many ever
	flight *flight         // the latest command that moves the programme
	lined  *lined          // what waits for its moment
	undo   *change         // the latest change, to be undone
	off    map[string]bool // live items that a command has taken off air
}

// answerWithin bounds how long a command may take: as long as a clip is given to
// open on slow storage.
const answerWithin = 15 * time.Second

// NewDesk returns a desk. Close ends it.
func NewDesk(r Rooms) *Desk {
	if r.Zone == nil {
		r.Zone = time.Local
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	d := &Desk{rooms: r}
	d.life, d.end = context.WithCancel(context.Background())
	return d
}

// Close breaks off what is under way and waits until it is.
func (d *Desk) Close() {
	d.end()
	d.wg.Wait()
}

// Status is the channel as it stands.
func (d *Desk) Status() Status { return d.rooms.Status() }

// Quarantine is what is left out of the programme.
func (d *Desk) Quarantine() []Banned {
	if d.rooms.Quarantine == nil {
		return nil
	}
	return d.rooms.Quarantine()
}

var errClosed = &Refusal{Unavailable, errors.New("the channel is being stopped")}

// atOnce carries out a command that need not wait for another.
func (d *Desk) atOnce(ctx context.Context, who Who, what string, f func(ctx context.Context) (Answer, error)) (Answer, error) {
	return d.carry(context.WithoutCancel(ctx), who, what, f)
}

// carry runs one command to its end and takes note of how it went.
func (d *Desk) carry(ctx context.Context, who Who, what string, f func(ctx context.Context) (Answer, error)) (Answer, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	a, err := f(ctx)
	if err != nil {
		err = d.refusal(ctx, err)
	}
	d.note(who, what, began, a, err)
	return a, err
}

// refusal says why a command came to nothing, whatever it was that said so.
func (d *Desk) refusal(ctx context.Context, err error) *Refusal {
	var r *Refusal
	switch {
	case errors.As(context.Cause(ctx), &r):
		return r
	case errors.As(err, &r):
		return r
	case d.life.Err() != nil:
		return errClosed
	case errors.Is(err, playout.ErrStopped):
		return errClosed
	case errors.Is(err, playout.ErrSuperseded):
		return &Refusal{Overtaken, err}
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(Late, "it has not come about within %v, and was given up; what was on air goes on", answerWithin)
	default:
		return &Refusal{Refused, err}
	}
}
