package output

import "time"

// outage is what was last said of the output, so that nothing is said over and over.
type outage struct {
	since   time.Time // when the first attempt failed; zero while all is well
	words   string
	at      time.Time // when words were logged
	open    bool      // they were bad news, and no good news has been logged since
	dropped int64     // count of dropped packets that was last logged
	shedAt  time.Time
}

const (
	sayAgain  = time.Minute      // the same words
	sayChange = 5 * time.Second  // other words
	sayDrops  = 10 * time.Second // packets dropped
	settled   = 10 * time.Second // of publishing, and the last error is history
)

func (o *Output) retryNow() Retry {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.retry
}

// probing notes that an attempt begins.
func (o *Output) probing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status.Attempt++; o.status.Attempt == 1 {
		o.setState(Connecting)
	}
	o.retry = o.retry.Probing(time.Now())
}

// failed notes why an attempt or a session ended, and what is next. What was
// kept for the session is let go.
func (o *Output) failed(err error, next Retry) {
	o.queue.end()
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.setState(Waiting)
	o.retry = next
	words := "the server ended the session"
	if err != nil {
		words = err.Error()
	}
	o.status.LastError, o.status.LastKind, o.status.LastCause = words, KindOf(err), CauseOf(err)
	first, silent := o.told.since.IsZero(), now.Sub(o.told.at)
	if first {
		o.told.since = now
	}
	if (words == o.told.words && silent < sayAgain) || (!first && silent < sayChange) {
		return
	}
	o.told.words, o.told.at, o.told.open = words, now, true
	o.log.Warn("not publishing: "+words, "event", "not-publishing", "cause", o.status.LastCause, "attempt", o.status.Attempt,
		"retry_in", next.Wait(now).Round(10*time.Millisecond), "down_for", now.Sub(o.told.since).Round(time.Second))
}

// opened notes that the server takes the stream, and tells how old the session
// is taken to be.
func (o *Output) opened(s Session) (aged time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.setState(Publishing)
	o.session, o.meter = s, meter{}
	o.meter.sample(now, 0)
	o.status.Sessions++
	aged, o.aged = o.aged, 0
	o.status.RenewAt = now.Add(o.renew - aged)
	if o.told.open || o.status.Sessions == 1 {
		o.told.open = false
		o.log.Info("publishing", "event", "publishing", "session", o.status.Sessions, "attempt", o.status.Attempt)
	}
	o.status.Attempt = 0
	return aged
}

// renewed notes that the session has made way for the next.
func (o *Output) renewed(lived time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.retry = Retry{}
	o.told.open = true
	o.log.Info("session ended to be renewed", "event", "session-renewed", "after", lived.Round(time.Second))
}

// closed notes that the session is over.
func (o *Output) closed() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status.Sent += o.session.Progress().Sent
	o.status.RenewAt = time.Time{}
	o.session = nil
	o.setState(Waiting)
}

// measure looks after a session once a second.
func (o *Output) measure(p Progress) {
	dropped := o.queue.shedSoFar()
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.meter.sample(now, p.Sent)
	if now.Sub(o.status.Since) >= settled {
		o.status.LastError, o.status.LastKind, o.status.LastCause, o.told.since = "", "", "", time.Time{}
	}
	if dropped > o.told.dropped && now.Sub(o.told.shedAt) >= sayDrops {
		o.log.Warn("the server takes the stream too slowly: pictures and sound dropped", "event", "output-slow",
			"packets", dropped-o.told.dropped, "kbps", o.meter.kbps(now, p.Sent))
		o.told.dropped, o.told.shedAt = dropped, now
	}
}
