package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"airloom/playout/control"
)

// Uploads is where files go that are uploaded: into a folder of their own first, from
// there to the media folder, whole or not at all. Errors are as those of [Media].
type Uploads interface {
	// Pending reports whether there may be some from before. It answers at once.
	Pending() bool
	// Folder is where they are kept until then; it is there.
	Folder(ctx context.Context) (string, error)
	// Room is how many bytes more may be written there. It answers at once.
	Room() (int64, error)
	// Way is how a file gets from there to a path, or an error if it cannot.
	Way(ctx context.Context, path string) (UploadWay, error)
	// Name is a file's path in the media folder as it will be, if it may be that.
	Name(folder, name string) (string, error)
	// Free returns an error if the path is taken, and one near it that is not.
	Free(ctx context.Context, path string) (other string, err error)
	// Check opens a file in the folder of uploads as the air would. What keeps it from
	// being played is the error; what is merely wrong with it is the warning.
	Check(ctx context.Context, file string) (warning string, err error)
	// Place moves it to the media folder, where the path is taken to one near it.
	Place(ctx context.Context, file, path string) (placed string, err error)
}

// UploadWay is how a file gets from the folder of uploads to its place.
type UploadWay struct {
	Copied bool  // it takes room there before it leaves it here
	Shared bool  // both are on one disk
	Room   int64 // how many bytes more may be written there
}

// Bounds of uploads.
const (
	maxUpload   = 512 << 30 // bytes of one
	maxUploads  = 100       // under way or being checked
	maxTold     = 200       // that are over and still shown
	uploadLasts = 24 * time.Hour
	toldFor     = 24 * time.Hour
	tryAgain    = 30 * time.Second // after what may pass, then twice as long each time
	maxWait     = time.Hour
	maxChecks   = 3  // of a file that storage or decoder keep stuck
	maxPlacings = 12 // of one that is good: five hours, for people to see to the folder
	tidyEvery   = 10 * time.Minute
)

// States of an upload.
const (
	receiving = "receiving"
	checking  = "checking"
	done      = "done"
	turned    = "refused"
)

// Upload is one file that is uploaded, as it is shown.
type Upload struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Folder   string    `json:"folder"`
	Bytes    int64     `json:"bytes"`
	Received int64     `json:"received"`
	State    string    `json:"state"`   // receiving, checking, done or refused
	Problem  string    `json:"problem"` // why it was refused, or what is wrong with it all the same
	Path     string    `json:"path"`    // where it is, or will be
	Who      string    `json:"who"`
	Since    time.Time `json:"since"`
}

// upload is one with what is not shown. It is kept under the lock of all.
type upload struct {
	Upload
	file    string    // its name in the folder of uploads
	touched time.Time // when the last byte came, or it was over
	retry   time.Time // when it is tried again; zero while somebody is at it
	tries   int
	passed  bool // the check; it said:
	warning string
}

// uploads knows all uploads. What is there is on the disk: they go on after a restart.
type uploads struct {
	store Uploads
	news  *mediaNews
	log   *slog.Logger
	note  func(control.Note)
	dir   string // once ready is closed
	ready chan struct{}
	asked chan struct{}      // somebody wants to upload
	stop  context.CancelFunc // who uploads is sent away
	life  context.Context
	wake  chan struct{}
	tus   *handler.UnroutedHandler
	quiet time.Duration // without a byte, after which a connection is given up

	mu    sync.Mutex
	all   map[string]*upload
	cause error // why nothing is taken yet
}

func newUploads(store Uploads, news *mediaNews, log *slog.Logger, note func(control.Note)) *uploads {
	u := &uploads{store: store, news: news, log: log, note: note, ready: make(chan struct{}), asked: make(chan struct{}, 1), wake: make(chan struct{}, 1), all: map[string]*upload{}, quiet: 30 * time.Second}
	u.life, u.stop = context.WithCancel(context.Background())
	return u
}

// run checks what has been received and puts it in place, until the context ends.
func (u *uploads) run(ctx context.Context) {
	defer u.stop()
	if !u.store.Pending() { // nothing is started for what nobody wants
		select {
		case <-ctx.Done():
			return
		case <-u.asked:
		}
	}
	for u.open(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(tryAgain / 10):
		}
	}
	tidy, again := time.NewTicker(tidyEvery), time.NewTimer(tidyEvery)
	defer tidy.Stop()
	defer again.Stop()
	for ctx.Err() == nil {
		if next, wait := u.next(time.Now()); next != nil {
			u.settle(ctx, *next)
			continue
		} else if wait > 0 {
			again.Reset(wait)
		}
		select {
		case <-ctx.Done():
		case <-u.wake:
		case <-again.C:
		case <-tidy.C:
			u.tidy(time.Now())
		}
	}
}

// begun waits until uploads are taken, and has that come about. It reports whether
// they are.
func (u *uploads) begun(ctx context.Context) bool {
	select {
	case u.asked <- struct{}{}:
	default:
	}
	if final(u.why()) {
		return false
	}
	timer := time.NewTimer(late)
	defer timer.Stop()
	select {
	case <-u.ready:
		return true
	case <-timer.C:
	case <-ctx.Done():
	case <-u.life.Done():
	}
	return false
}

func (u *uploads) nudge() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// open finds the folder, and what is in it from before.
func (u *uploads) open(ctx context.Context) error {
	dir, err := u.store.Folder(ctx)
	if err == nil {
		u.dir = dir
		err = u.restore(time.Now())
	}
	if err == nil {
		u.tus, err = u.protocol()
	}
	if before := u.why(); err != nil && (before == nil || before.Error() != err.Error()) {
		u.log.Warn("nothing can be uploaded yet", "event", "uploads-down", "cause", err)
	}
	u.mu.Lock()
	u.cause = err
	u.mu.Unlock()
	if err == nil {
		close(u.ready)
	}
	return err
}

// why is why nothing is taken yet.
func (u *uploads) why() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cause
}

// final reports whether an error is more than a matter of time.
func final(err error) bool {
	r := (*control.Refusal)(nil)
	return errors.As(err, &r) && r.Code == control.Refused
}

// next is what is to be checked now; where that is nothing, wait is until there is.
func (u *uploads) next(now time.Time) (next *upload, wait time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, one := range u.all {
		switch {
		case one.State != checking:
		case one.retry.After(now):
			if left := one.retry.Sub(now); wait == 0 || left < wait {
				wait = left
			}
		case next == nil || one.touched.Before(next.touched):
			next = one
		}
	}
	if next == nil {
		return nil, wait
	}
	next.retry = time.Time{}
	copied := *next
	return &copied, 0
}

// settle checks an upload and puts it in place, or turns it down.
func (u *uploads) settle(ctx context.Context, one upload) {
	began := time.Now()
	var err error
	if !one.passed {
		if one.warning, err = u.store.Check(ctx, one.file); err == nil {
			one.passed, one.tries = true, 0
		}
	}
	var placed string
	if one.passed {
		placed, err = u.store.Place(ctx, one.file, one.Path)
	}
	if ctx.Err() != nil {
		return // after the restart
	}
	if again(err, one) {
		u.change(one.ID, func(now *upload) {
			now.Problem, now.retry = sentence(err), time.Now().Add(min(tryAgain<<one.tries, maxWait))
			now.tries, now.passed, now.warning = one.tries+1, one.passed, one.warning
		})
		return
	}
	u.over(one, placed, began, err)
}

// again reports whether what went wrong may pass. A file that is good is not thrown
// away for the folder's sake.
func again(err error, one upload) bool {
	if err == nil {
		return false
	}
	var code control.Code
	if r := (*control.Refusal)(nil); errors.As(err, &r) {
		code = r.Code
	}
	if one.passed {
		return code != control.Unknown && code != control.Invalid && one.tries < maxPlacings-1
	}
	return (code == control.Unavailable || errors.Is(err, context.DeadlineExceeded)) && one.tries < maxChecks-1
}

// over takes down that an upload is in place, or was turned down.
func (u *uploads) over(one upload, placed string, began time.Time, err error) {
	u.remove(one) // in place, or of no use; what is noted of it in any case
	said := one.warning
	if err != nil {
		// The file is known to the check by the name it has here.
		said = sentence(errors.New(strings.ReplaceAll(err.Error(), one.file, one.Name)))
	} else if placed != one.Path {
		said = strings.TrimSpace(fmt.Sprintf("%s has come into being meanwhile: this one is now %s. %s", one.Path, path.Base(placed), said))
	}
	u.change(one.ID, func(one *upload) {
		one.State, one.Problem, one.touched = turned, said, time.Now()
		if err == nil {
			one.State, one.Path, one.Name, one.Received = done, placed, path.Base(placed), one.Bytes
		}
	})
	if err == nil {
		u.news.files([]string{placed, folderOf(placed)})
	}
	note := control.Note{At: began, By: one.Who, Via: "upload", Asked: "take " + one.Path + " in", OK: err == nil, Said: said, TookMS: time.Since(began).Milliseconds()}
	if err != nil {
		note.Code = control.Refused
	}
	u.note(note)
}

func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// change changes what is known of an upload.
func (u *uploads) change(id string, f func(*upload)) {
	u.mu.Lock()
	if one := u.all[id]; one != nil {
		f(one)
	}
	u.mu.Unlock()
	u.news.upload()
}

// tidy lets go of what nobody has touched for long, and of the oldest that are over.
func (u *uploads) tidy(now time.Time) {
	var left []upload
	defer func() {
		for _, one := range left {
			u.remove(one)
		}
	}()
	u.mu.Lock()
	defer u.mu.Unlock()
	var over []*upload
	for id, one := range u.all {
		age := now.Sub(one.touched)
		switch {
		case one.State == receiving && age > uploadLasts:
			u.log.Info("an upload was given up: nothing has come for a day", "event", "upload-given-up", "file", one.Path, "by", one.Who)
			left = append(left, *one)
			delete(u.all, id)
		case one.State == done || one.State == turned:
			if age > toldFor {
				delete(u.all, id)
				continue
			}
			over = append(over, one)
		}
	}
	slices.SortFunc(over, func(a, b *upload) int { return a.touched.Compare(b.touched) })
	for _, one := range over[:max(0, len(over)-maxTold)] {
		delete(u.all, one.ID)
	}
}

// remove removes what an upload has left in its folder.
func (u *uploads) remove(one upload) {
	for _, name := range []string{one.file, one.ID + ".info"} {
		if err := os.Remove(path.Join(u.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			u.log.Warn("an upload cannot be removed", "event", "upload-not-written", "file", name, "cause", err)
		}
	}
}

// list is all uploads, those under way first, then the latest.
func (u *uploads) list() []Upload {
	u.mu.Lock()
	all := slices.Collect(maps.Values(u.all))
	shown := make([]Upload, 0, len(all))
	for _, one := range all {
		shown = append(shown, one.Upload)
	}
	u.mu.Unlock()
	over := func(u Upload) int {
		if u.State == done || u.State == turned {
			return 1
		}
		return 0
	}
	slices.SortFunc(shown, func(a, b Upload) int {
		return cmp.Or(over(a)-over(b), b.Since.Compare(a.Since), strings.Compare(a.ID, b.ID))
	})
	return shown
}

// refusal is why an upload is not taken, over HTTP.
type refusal struct {
	status int
	words  string
	more   map[string]any
}

func (r *refusal) Error() string { return r.words }

func refuseUpload(status int, format string, args ...any) *refusal {
	return &refusal{status: status, words: fmt.Sprintf(format, args...)}
}

// take makes room for a new upload, or says why there is none.
func (u *uploads) take(ctx context.Context, one *upload) error {
	if one.Bytes == 0 {
		return refuseUpload(http.StatusBadRequest, "%s is empty.", one.Name)
	}
	where, err := u.store.Name(one.Folder, one.Name)
	if err != nil {
		return err
	}
	one.Path, one.Name, one.Folder = where, path.Base(where), folderOf(where)
	if other, err := u.store.Free(ctx, where); err != nil {
		if r := (*control.Refusal)(nil); errors.As(err, &r) && r.Code == control.Conflict {
			return &refusal{http.StatusConflict, fmt.Sprintf("There is %s already. Give this one another name, such as %s.", where, path.Base(other)), map[string]any{"suggestion": path.Base(other)}}
		}
		return err
	}
	way, err := u.store.Way(ctx, where)
	if err != nil {
		return err
	}
	room, err := u.store.Room()
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	var under []*upload
	for _, other := range u.all {
		if other.State != receiving && other.State != checking {
			continue
		}
		if under = append(under, other); other.Path == where {
			return refuseUpload(http.StatusConflict, "%s is being uploaded already, by %s.", where, cmp.Or(other.Who, "somebody"))
		}
	}
	if len(under) >= maxUploads {
		return refuseUpload(http.StatusServiceUnavailable, "%d uploads are under way, and no more are taken at once. Try again when some are over.", len(under))
	}
	if room = roomFor(room, way, under); room < one.Bytes {
		return refuseUpload(http.StatusInsufficientStorage, "The disk is too full: %s takes %s, and there is room for %s. Make room first, where the media are and where state.dir is.", one.Name, size(one.Bytes), size(max(0, room)))
	}
	u.all[one.ID] = one
	return nil
}

// roomFor is how large one upload more may be. What is copied to its place takes room
// twice on a shared disk for as long as that takes, which is one at a time.
func roomFor(room int64, way UploadWay, under []*upload) int64 {
	there, largest := way.Room, int64(0)
	for _, other := range under {
		room -= other.Bytes - other.Received
		there -= other.Bytes
		largest = max(largest, other.Bytes)
	}
	switch {
	case !way.Copied:
		return room
	case way.Shared:
		return min(room/2, room-largest)
	}
	return min(room, there)
}

// size is a number of bytes as people read it.
func size(n int64) string {
	const step = 1000
	if n < step {
		return fmt.Sprintf("%d bytes", n)
	}
	f, unit := float64(n)/step, 0
	for ; f >= step && unit < 3; unit++ {
		f /= step
	}
	return fmt.Sprintf("%.1f %s", f, []string{"kB", "MB", "GB", "TB"}[unit])
}
