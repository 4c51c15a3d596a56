package control

import (
	"context"
	"errors"
	"time"

	"airloom/playlist"
	"airloom/playout"
)

// again is how long after a producer could not be put on air, or has left it though
// it sends, that is tried anew; patience how long at most, where that happens again
// and again.
const (
	again    = 3 * time.Second
	patience = time.Minute
)

// followed is what is known of a producer who sends.
type followed struct {
	session int64
	aired   bool          // it has been on air
	came    time.Time     // when it was last put on air, or tried to be
	left    time.Time     // since when it has not been, though it sends; zero: it is, or is about to be
	wait    time.Duration // for how long that is let be
	busy    chan struct{} // closed when what puts it on air is over; nil: it was never begun
}

// Follow puts producers on air as they come, until the context is done. Each is a
// command of the producer's own, from its address. What an operator does after it
// stands: who was taken off stays so until coming again. Who leaves the air by
// anything else and sends is put on again.
func (d *Desk) Follow(ctx context.Context, changed <-chan struct{}) {
	seen := map[string]*followed{}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		snap, _ := d.rooms.Engine.Snapshot()
		for _, p := range d.rooms.Senders() {
			f := seen[p.Name]
			if f == nil || f.session != p.Session {
				f = &followed{session: p.Session, wait: again}
				seen[p.Name] = f
				d.takeOff(liveItem(p.Name).ID, false)
			}
			if p.Sends && d.wants(f, isOn(snap, p.Name), liveItem(p.Name).ID, time.Now()) {
				done := make(chan struct{})
				f.busy = done
				d.wg.Go(func() { defer close(done); d.comes(ctx, p) })
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-look.C:
		}
	}
}

// wants reports whether a producer who sends is to be put on air.
func (d *Desk) wants(f *followed, on bool, id string, now time.Time) bool {
	switch {
	case on || f.isBusy() || d.isLined(id):
		f.aired, f.left = f.aired || on, time.Time{}
		return false
	case d.isOff(id):
		f.wait = again
		return false
	case !f.aired && f.came.IsZero(): // it has just come
	case f.left.IsZero():
		if f.left = now; now.Sub(f.came) >= patience { // it went well for a while
			f.wait = again
		}
		return false
	case now.Sub(f.left) < f.wait:
		return false
	default:
		f.wait = min(2*f.wait, patience)
	}
	f.came, f.left = now, time.Time{}
	return true
}

func (f *followed) isBusy() bool {
	if f.busy == nil {
		return false
	}
	select {
	case <-f.busy:
		return false
	default:
		return true
	}
}

// isLined reports whether the item waits for its moment.
func (d *Desk) isLined(id string) bool {
	d.mu.Lock()
	l := d.lined
	d.mu.Unlock()
	return l != nil && l.made().to.Item.ID == id
}

// isOff reports whether a command has taken the producer off air, or from what is
// lined up.
func (d *Desk) isOff(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off[id]
}

func (d *Desk) takeOff(id string, off bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takesOff(id, off)
}

// takesOff is takeOff where the desk is locked.
func (d *Desk) takesOff(id string, off bool) {
	if !off {
		delete(d.off, id)
		return
	}
	if d.off == nil {
		d.off = map[string]bool{}
	}
	d.off[id] = true
}

// moved notes of a change which producer it has taken off air, and which put on.
func (d *Desk) moved(c change) {
	if c.on.Mode == playlist.ModeLive && c.on.Item.ID != c.to.Item.ID {
		d.takesOff(c.on.Item.ID, true)
	}
	if c.to.Mode == playlist.ModeLive {
		d.takesOff(c.to.Item.ID, false)
	}
}

// comes puts a producer on air who has come, as long as it sends.
func (d *Desk) comes(ctx context.Context, p Sender) {
	who := Who{Name: p.Name, Via: "ingest", From: p.From}
	what := "live " + p.Name
	for {
		_, err := d.inTurn(ctx, who, what, what, func(ctx context.Context) (Answer, error) { return d.goLive(ctx, who, p, p.Next) })
		var r *Refusal
		switch {
		case err == nil:
			return
		case errors.As(err, &r) && r.Code == Overtaken && !errors.Is(err, playout.ErrSuperseded): // by an operator
			d.takeOff(liveItem(p.Name).ID, true)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-d.life.Done():
			return
		case <-time.After(again):
		}
		if now, err := d.sender(p.Name); err != nil || !now.Sends || now.Session != p.Session {
			return
		}
	}
}
