package output

import "time"

// outage is what was last said of the output, so that nothing is said over and over.
type outage struct {
	since   time.Time // when the first attempt failed; zero while all is well
	words   string
	at      time.Time // when something was last logged
	dropped int64     // last count of dropped packets that was logged
	shedAt  time.Time
}

const (
	sayAgain  = time.Minute      // the same words
	sayChange = 5 * time.Second  // other words
	sayDrops  = 10 * time.Second // packets dropped
)

func (o *Output) retryNow() Retry {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.retry
}

func (o *Output) setRetry(r Retry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.retry = r
}

// probing notes that an attempt begins.
func (o *Output) probing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setState(Waiting)
	o.status.Attempt++
	o.retry = o.retry.Probing(time.Now())
}

// failed notes why an attempt or a session ended, and what is next.
func (o *Output) failed(err error, next Retry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.setState(Waiting)
	o.retry = next
	words := "the server ended the session"
	if err != nil {
		words = err.Error()
	}
	o.status.LastError, o.status.LastKind = words, KindOf(err)
	silent := now.Sub(o.told.at)
	if !o.told.since.IsZero() && silent < sayAgain && (words == o.told.words || silent < sayChange) {
		return
	}
	if o.told.since.IsZero() {
		o.told.since = now
	}
	o.told.words, o.told.at = words, now
	o.log.Warn("not publishing: "+words, "attempt", o.status.Attempt,
		"retry_in", next.Wait(now).Round(10*time.Millisecond), "down_for", now.Sub(o.told.since).Round(time.Second))
}

// opened notes that the server takes the stream.
func (o *Output) opened(s Session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	o.setState(Publishing)
	o.session, o.meter = s, meter{}
	o.meter.sample(now, 0)
	o.status.Sessions++
	o.status.RenewAt = now.Add(o.renew)
	args := []any{"session", o.status.Sessions, "attempt", o.status.Attempt}
	if !o.told.since.IsZero() {
		args = append(args, "down_for", now.Sub(o.told.since).Round(10*time.Millisecond))
	}
	o.status.Attempt = 0
	o.log.Info("publishing", args...)
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
	if now.Sub(o.status.Since) >= steady {
		o.status.LastError, o.status.LastKind, o.told.since = "", "", time.Time{}
	}
	if dropped > o.told.dropped && now.Sub(o.told.shedAt) >= sayDrops {
		o.log.Warn("the server takes the stream too slowly: pictures and sound dropped",
			"packets", dropped-o.told.dropped, "kbps", o.meter.kbps(now, p.Sent))
		o.told.dropped, o.told.shedAt = dropped, now
	}
}
