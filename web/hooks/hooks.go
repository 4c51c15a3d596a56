// Package hooks tells others, by POST, what changes on a channel.
//
// A look at the status twice a second is held against the one before ([changes]);
// what differs becomes events, which are marshalled once and put into a queue for
// each receiver that wants them. Each queue has a goroutine that sends the oldest,
// again and again until the receiver takes it, refuses it for good or it is an hour
// old, so that events arrive in their order, or not at all. Nothing here is waited for by anybody: a
// queue that is full loses its oldest.
//
// What is sent is signed as the Standard Webhooks specification has it, so that
// its libraries can check it.
package hooks

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"airloom/playout/control"
)

// Receiver is somebody who is told.
type Receiver struct {
	URL    string
	Secret string   // signs; "": nothing is signed
	Events []string // those that are wanted; none: all
}

// Config is what the hooks are told once.
type Config struct {
	Channel   string
	Receivers []Receiver
	Status    func() control.Status // returns at once
	Zone      *time.Location        // of the times in events; nil: UTC
	Log       *slog.Logger
}

// Hooks tell the receivers.
type Hooks struct {
	cfg   Config
	queue []*queue
	seen  control.Status
	epoch string // of this process, within the events' ids
	count int
}

const (
	// pulse is how often the channel is looked at.
	pulse = 500 * time.Millisecond
	// farewell is how long receivers have for the last events when the channel ends.
	farewell = time.Second
)

// New returns hooks; their Run has to be started.
func New(cfg Config) *Hooks {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	h := &Hooks{cfg: cfg, seen: control.Status{State: control.Starting}, epoch: strconv.FormatInt(time.Now().UnixMicro(), 36)}
	client := &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: patience, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1},
		// Whoever redirects may be anybody: what is signed for one is not for another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	names := map[string]int{}
	for _, r := range cfg.Receivers {
		name := host(r.URL)
		if names[name]++; names[name] > 1 {
			name += "#" + strconv.Itoa(names[name])
		}
		h.queue = append(h.queue, newQueue(name, r, client, cfg.Log))
	}
	return h
}

// host is what may be told of a receiver's address.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "receiver"
	}
	return u.Host
}

// Run looks and tells until the context is done; the last events have a second
// then.
func (h *Hooks) Run(ctx context.Context) error {
	last, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var all sync.WaitGroup
	for _, q := range h.queue {
		all.Go(func() { q.run(last) })
	}
	every := time.NewTicker(pulse)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			h.look(time.Now())
			for _, q := range h.queue {
				q.close()
			}
			stop := time.AfterFunc(farewell, end)
			all.Wait()
			stop.Stop()
			return nil
		case <-every.C:
			h.look(time.Now())
		}
	}
}

// look finds out what has changed, and has it told.
func (h *Hooks) look(now time.Time) {
	s := h.cfg.Status()
	for _, c := range changes(h.seen, s) {
		h.tell(c, now)
	}
	h.seen = s
}

// tell puts an event into the queues of those who want it.
func (h *Hooks) tell(c change, now time.Time) {
	h.count++
	id := "evt_" + h.epoch + "_" + strconv.Itoa(h.count)
	body, err := json.Marshal(struct {
		ID      string    `json:"id"`
		At      time.Time `json:"at"`
		Channel string    `json:"channel"`
		Event   string    `json:"event"`
		Data    any       `json:"data"`
	}{id, now.In(h.cfg.Zone).Truncate(time.Millisecond), h.cfg.Channel, c.event, c.data})
	if err != nil {
		h.cfg.Log.Error("an event cannot be told", "event", "bug", "name", c.event, "error", err)
		return
	}
	for _, q := range h.queue {
		if q.wants(c.event) {
			q.put(message{id: id, event: c.event, body: body, made: now})
		}
	}
}

// Figures are the receivers' figures, in their order.
func (h *Hooks) Figures() []Figures {
	list := make([]Figures, len(h.queue))
	for i, q := range h.queue {
		list[i] = q.figures()
	}
	return list
}
