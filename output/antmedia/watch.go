package antmedia

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// firstLook is how soon after its start a session is looked at. Its start, as the
// server has it, is what proves later that a ghost is ours: the server sets it
// twice, at Publish.Start and with the first media, which must come within 3 s. By
// then there is an HLS playlist, too.
const firstLook = 3 * time.Second

// settled is when a server that takes our stream must know it.
const settled = 4 * time.Second

// Watch asks the server, while we publish, what arrives. It lives in Run.
type Watch struct {
	dialer *Dialer

	mu      sync.Mutex
	sight   sight
	version string
	other   bool
}

// NewWatch returns a watch over the dialer's sessions that is not running.
func NewWatch(d *Dialer) *Watch { return &Watch{dialer: d} }

// Run asks every five seconds, while a session is under way, until ctx is done.
func (w *Watch) Run(ctx context.Context) error {
	defer w.dialer.Client.Close()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.dialer.opened:
			timer.Reset(firstLook)
		case <-timer.C:
			if w.poll(ctx) {
				timer.Reset(pollEach)
			}
		}
	}
}

// poll looks once, if there is a session, and reports whether there was.
func (w *Watch) poll(ctx context.Context) bool {
	past, live, size := w.dialer.now()
	if !live {
		return false
	}
	w.mu.Lock()
	s := w.sight
	if s.opened != past.Opened {
		s = sight{opened: past.Opened}
		w.version = ""
	}
	version := w.version
	w.mu.Unlock()

	l, other := look{}, false
	var err error
	l.answer, err = w.dialer.ask(ctx)
	l.at = time.Now()
	if ctx.Err() != nil {
		return false
	}
	if !errors.As(err, &l.err) {
		l.foreign = !w.dialer.recognise(past, l.answer)
		l.playlist, l.age = w.dialer.Client.playlist(ctx, w.dialer.ID())
		other = w.elsewhere(ctx, past, size, l.answer)
		if version == "" {
			v, _ := w.dialer.Client.Version(ctx)
			version = v.Name
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sight, w.version, w.other = s.see(l), version, other
	return true
}

// elsewhere looks, if the server has no session of our id, whether there is one of
// another id that began when ours did and has its size: the server made another id of
// the output's URL. Where there are several it may be anybody's.
func (w *Watch) elsewhere(ctx context.Context, p Past, size [2]int, a Answer) bool {
	if a.Held() || time.Since(p.Opened) < settled {
		return false
	}
	list, _ := w.dialer.Client.broadcasts(ctx)
	alike := 0
	for _, b := range list {
		o := Answer{Known: true, Broadcast: b, At: a.At, Date: a.Date}
		if o.Held() && o.Type == "liveStream" && p.beganWith(o, a.At) && size == [2]int{o.Width, o.Height} {
			alike++
		}
	}
	return alike == 1
}

// Arrival is whether the stream is known to arrive. It never waits for the network.
func (w *Watch) Arrival() Arrival {
	past, live, _ := w.dialer.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !live:
		return Arrival{State: NotProven, Detail: "nothing is being sent"}
	case w.sight.opened != past.Opened:
		return sight{opened: past.Opened}.arrival(time.Now())
	}
	a := w.sight.arrival(time.Now())
	a.Server.Version = w.version
	return a
}

// Alerts are what is wrong now: none while nothing is sent, since the output says
// why itself.
func (w *Watch) Alerts() []Alert {
	past, live, size := w.dialer.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !live || w.sight.opened != past.Opened {
		return nil
	}
	return w.sight.alerts(time.Now(), size[0], size[1], w.other)
}

// now is our last session, whether it is under way, and its size.
func (d *Dialer) now() (Past, bool, [2]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past, d.live, d.size
}

// recognise reports whether the session that holds the id is ours, or there is none,
// or the server does not tell its time. It remembers the start that the server gives
// ours, if the answer speaks of it for sure: it is still the same session, and its age
// is right. One that began a moment ago proves nothing yet: see [OwnerOf].
func (d *Dialer) recognise(p Past, a Answer) bool {
	now := time.Now()
	began := p.beganWith(a, now)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live && d.past.Opened.Equal(p.Opened) && a.Held() && began && a.Running(a.At) > moves {
		d.past.Started = a.StartTime
	}
	known := p.Started != 0 && p.Started == a.StartTime
	return !a.Held() || a.Date.IsZero() || a.Type == "liveStream" && (known || began)
}

// playlist returns something that changes when the stream's HLS playlist does, and
// how old that is by the server's clock; "" where there is none to be seen. It asks
// for the head alone: by that nobody counts as a viewer.
func (c *Client) playlist(ctx context.Context, id string) (mark string, age time.Duration) {
	r, err := c.ask(ctx, http.MethodHead, nil, nil, "streams", id+".m3u8")
	if err != nil || r.status != http.StatusOK {
		return "", 0
	}
	stamp := r.header.Get("Last-Modified")
	if written, err := http.ParseTime(stamp); err == nil && !r.date.IsZero() {
		age = max(0, r.date.Sub(written))
	}
	return r.header.Get("ETag") + stamp, age
}
