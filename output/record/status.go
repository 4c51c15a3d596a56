package record

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"airloom/output"
)

const (
	hangs   = 5 * time.Second  // of waiting for the disk, and it is said
	sayLost = 10 * time.Minute // for which gaps stay an alert
	sayRoom = time.Hour
)

// told is what was said, and when.
type told struct {
	lost   int64 // packets
	lostAt time.Time
	roomAt time.Time
}

// Status is a snapshot. Its Sessions are the files begun.
func (r *Recorder) Status() output.Status {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Dropped += r.queue.lost()
	s.Sent, s.Bitrate = r.rate.Sum(now)
	return s
}

// enter sets the state, and what is wrong with it.
func (r *Recorder) enter(s output.State, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	was := r.status.State
	if err == nil && s != output.Waiting {
		r.status.LastError, r.status.LastCause = "", ""
	}
	if was == s {
		return
	}
	r.status.State, r.status.Since = s, now
	switch {
	case s != output.Waiting:
		r.status.DownSince = time.Time{}
	case r.status.DownSince.IsZero():
		r.status.DownSince = now
	}
	if s == output.Publishing {
		r.log.Info("recording", "event", "record-on", "dir", r.cfg.Dir)
	}
}

// fail notes why nothing is recorded.
func (r *Recorder) fail(err error, cause output.Cause) {
	r.mu.Lock()
	changed := r.status.LastCause != cause
	r.status.LastError, r.status.LastCause = err.Error(), cause
	r.mu.Unlock()
	r.enter(output.Waiting, err)
	if changed {
		r.log.Warn(err.Error(), "event", "record-off", "cause", cause)
	}
}

// begun notes that a file has begun.
func (r *Recorder) begun(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Sessions++
	r.log.Debug("recording to a new file", "file", name)
}

// lose notes that a piece is not recorded.
func (r *Recorder) lose(p *piece) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Dropped += int64(len(p.video) + len(p.audio))
}

// trimmed notes that a recording went before its time.
func (r *Recorder) trimmed(x old) {
	r.mu.Lock()
	r.told.roomAt = time.Now()
	r.mu.Unlock()
	r.cfg.Alert(AlertRoom, fmt.Sprintf(
		"the disk of the recordings is full, so the oldest go before their time, %s among the last: make room on the disk of %s, or shorten record.keep",
		filepath.Base(x.path), r.cfg.Dir))
}

// disk does something that the disk may take its time for.
func (r *Recorder) disk(f func() error) error {
	r.mu.Lock()
	r.busy = time.Now()
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy = time.Time{}
		if r.status.LastCause == CauseHangs {
			r.status.LastError, r.status.LastCause = "", ""
		}
	}()
	if r.stick != nil {
		r.stick()
	}
	return f()
}

// watch says what the goroutine at the disk cannot say while it waits.
func (r *Recorder) watch(now time.Time) {
	r.mu.Lock()
	since := r.busy
	lost := r.queue.lost()
	grown := lost > r.told.lost
	if grown {
		r.told.lost, r.told.lostAt = lost, now
	}
	lostAt, roomAt := r.told.lostAt, r.told.roomAt
	r.mu.Unlock()
	if !since.IsZero() && now.Sub(since) > hangs {
		r.fail(fmt.Errorf("nothing is recorded: the disk of %s does not answer since %s", r.cfg.Dir, since.In(r.cfg.Zone).Format(time.TimeOnly)), CauseHangs)
	}
	switch {
	case grown:
		r.cfg.Alert(AlertDropped, fmt.Sprintf(
			"the disk of %s is too slow: the recording has gaps, of %d packets by now, the last at %s", r.cfg.Dir, lost, now.In(r.cfg.Zone).Format(time.TimeOnly)))
	case !lostAt.IsZero() && now.Sub(lostAt) > sayLost:
		r.mu.Lock()
		r.told.lostAt = time.Time{}
		r.mu.Unlock()
		r.cfg.Alert(AlertDropped, "")
	}
	if !roomAt.IsZero() && now.Sub(roomAt) > sayRoom {
		r.mu.Lock()
		r.told.roomAt = time.Time{}
		r.mu.Unlock()
		r.cfg.Alert(AlertRoom, "")
	}
}

// Stop closes the file, and records nothing until Start. It returns once that is so.
func (r *Recorder) Stop(ctx context.Context) error {
	r.wanted.Turn(false)
	_, err := output.Await(ctx, r.Status, output.Has(output.Stopped))
	return err
}

// Start undoes Stop. It returns once something is recorded, or with what keeps it
// from that for now, in words.
func (r *Recorder) Start(ctx context.Context) (trouble string) {
	r.wanted.Turn(true)
	ctx, cancel := context.WithTimeout(ctx, output.SoonStart)
	defer cancel()
	s, _ := output.Await(ctx, r.Status, func(s output.Status) bool { return s.State == output.Publishing || s.LastError != "" })
	switch {
	case s.State == output.Publishing:
		return ""
	case s.LastError != "":
		return s.LastError
	default:
		return "the first fragment is not written yet"
	}
}
