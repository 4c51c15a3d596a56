package control

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"airloom/playlist"
	"airloom/playout"
)

// lined is a change that waits for its moment: for the next join, or for the end
// of an operator's hold or slate.
type lined struct {
	*attempt
	since  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when it has aired, or will not
	err    error         // why not; read after done
	stood  atomic.Bool   // it stood ready, and has been answered so
}

// put makes a change of what airs, and answers once it is on air; or, where it
// has to wait for its moment, once it is lined up.
func (d *Desk) put(ctx context.Context, a *attempt, words func(change) string) (answer Answer, err error) {
	began := time.Now()
	defer func() {
		if err == nil {
			answer.Undo = d.undoable(began)
		}
	}()
	if snap, _ := d.rooms.Engine.Snapshot(); a.next || snap.Forced != "" {
		return d.lineUp(ctx, a, words)
	}
	if err := d.run(ctx, a); err != nil {
		return Answer{}, err
	}
	c := a.made()
	return d.onAir(words(c), c.to), nil
}

// looking is how often it is looked whether what is lined up stands ready.
const looking = 20 * time.Millisecond

// lineUp has a change wait for its moment, and answers when it stands ready.
func (d *Desk) lineUp(ctx context.Context, a *attempt, words func(change) string) (Answer, error) {
	l := &lined{attempt: a, since: time.Now(), done: make(chan struct{})}
	var life context.Context
	life, l.cancel = context.WithCancel(d.life)
	d.mu.Lock()
	d.lined = l
	d.mu.Unlock()
	d.wg.Go(func() { d.await(life, l) })

	every := time.NewTicker(looking)
	defer every.Stop()
	for {
		snap, counts := d.rooms.Engine.Snapshot()
		if to := a.made().to; to.Item.ID != "" && same(snap.Next, to) {
			l.stood.Store(true)
			return Answer{Said: named(to) + d.after(snap, counts), Item: itemOf(to)}, nil
		}
		select {
		case <-every.C:
		case <-l.done:
			if l.err != nil {
				return Answer{}, l.err
			}
			c := a.made()
			return d.onAir(words(c), c.to), nil
		case <-ctx.Done():
			d.unline()
			return Answer{}, ctx.Err()
		}
	}
}

// after says what a change waits for.
func (d *Desk) after(s playout.Snapshot, c playout.Counts) string {
	switch {
	case s.Forced != "":
		return fmt.Sprintf(" stands ready: it airs when the %s by %s is lifted", s.Forced, s.By)
	case s.Air.Item.ID == "":
		return " is next"
	case s.NextAt == playout.Never || s.NextAt <= c.Ticks:
		return " is next, after " + named(s.Air)
	default:
		at := time.Now().Add(d.rooms.Grid.Duration(s.NextAt - c.Ticks)).In(d.rooms.Zone)
		return fmt.Sprintf(" is next, after %s, at about %s", named(s.Air), at.Format(time.TimeOnly))
	}
}

// await sees what is lined up to its moment. A command that leaves it in place,
// such as a seek, may take its turn before it.
func (d *Desk) await(ctx context.Context, l *lined) {
	defer close(l.done)
	defer l.cancel()
	for {
		l.err = d.run(ctx, l.attempt)
		d.mu.Lock()
		stays := d.lined == l
		before := d.flight
		if l.err == nil && stays {
			d.lined = nil
		}
		d.mu.Unlock()
		if !stays || !errors.Is(l.err, playout.ErrSuperseded) {
			break
		}
		select {
		case <-before.done:
		case <-ctx.Done():
			return
		}
	}
	if l.stood.Load() && ctx.Err() == nil { // else it has been answered, or taken back
		d.tellMoment(l)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lined == l {
		d.lined = nil
	}
}

// tellMoment takes note of what came of a change when its moment came.
func (d *Desk) tellMoment(l *lined) {
	to := l.made().to
	a, err := Answer{}, l.err
	if err == nil {
		a = d.onAir(named(to), to)
		a.Undo = d.undoable(l.since)
	} else {
		err = d.refusal(context.Background(), err)
	}
	d.note(l.who, l.what+" "+named(to)+", lined up before", l.since, a, err)
}

// unline takes back what is lined up, and returns it.
func (d *Desk) unline() *lined {
	d.mu.Lock()
	l := d.lined
	d.lined = nil
	d.mu.Unlock()
	if l == nil {
		return nil
	}
	l.cancel()
	<-l.done
	if l.err == nil { // it aired at this very moment
		return nil
	}
	if to := l.made().to; to.Mode == playlist.ModeLive {
		d.takeOff(to.Item.ID, true)
	}
	return l
}
