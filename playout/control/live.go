package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
)

// Sender is a producer as the ingest knows them.
type Sender struct {
	Name    string
	Next    bool // goes live after the item on air, not at once
	Runs    bool // the plan runs on meanwhile
	Sends   bool
	Since   time.Time
	From    string // the address; "" while away
	Error   string
	Session int64 // counts their connections
}

// The states of a producer.
const (
	away  = "away"
	ready = "ready"
	onair = "on-air"
)

// liveItem is the item that a producer is.
func liveItem(name string) playlist.Item {
	return playlist.Item{ID: "live/" + name, Source: "ingest://" + name, Title: name, Repeat: 1}
}

// isOn reports whether the producer is what is on air.
func isOn(s playout.Snapshot, name string) bool {
	return s.Air.Mode == playlist.ModeLive && s.Air.Item.ID == liveItem(name).ID
}

// Producers tells how they stand by what they send and what is on air. When is the
// time of a tick.
func Producers(list []Sender, s playout.Snapshot, when func(tick int64) time.Time) []Producer {
	out := make([]Producer, len(list))
	for i, p := range list {
		out[i] = Producer{Name: p.Name, State: away, Since: p.Since, From: p.From, Error: p.Error}
		switch {
		case isOn(s, p.Name):
			out[i].State, out[i].Since = onair, when(s.AirFirst+s.Air.From).Truncate(time.Millisecond)
		case p.Sends:
			out[i].State = ready
		}
	}
	return out
}

// lost are the alerts of producers on air who do not send.
func lost(list []Producer) (alerts []Alert) {
	for _, p := range list {
		if p.State == onair && p.From == "" {
			alerts = append(alerts, Alert{Severity: "warning", Code: "producer-lost", Subject: p.Name, Since: p.Since,
				Message: fmt.Sprintf("%s is on air and sends nothing (%s): it goes on when it comes back, else the programme does", p.Name, cmp.Or(p.Error, "its connection is gone"))})
		}
	}
	return alerts
}

// Live puts a producer who sends on air at once, or takes it off: then the plan goes
// on, and the producer stays ready.
func (d *Desk) Live(ctx context.Context, who Who, name string, on bool) (Answer, error) {
	what := "live " + name + " " + onOff(on)
	p, err := d.sender(name)
	if err != nil {
		return d.atOnce(ctx, who, what, fails(err))
	}
	return d.inTurn(ctx, who, what, what, func(ctx context.Context) (Answer, error) {
		if on {
			return d.goLive(ctx, who, p, false)
		}
		return d.endLive(ctx, who, name)
	})
}

func (d *Desk) sender(name string) (Sender, error) {
	var list []Sender
	if d.rooms.Senders != nil {
		list = d.rooms.Senders()
	}
	if i := slices.IndexFunc(list, func(p Sender) bool { return p.Name == name }); i >= 0 {
		return list[i], nil
	}
	if len(list) == 0 {
		return Sender{}, refuse(Unknown, "nobody may go live: ingest.producers names those who may")
	}
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return Sender{}, refuse(Unknown, "there is no producer %s: choose from %s", name, strings.Join(names, ", "))
}

// goLive puts a producer on air.
func (d *Desk) goLive(ctx context.Context, who Who, p Sender, next bool) (Answer, error) {
	snap, _ := d.rooms.Engine.Snapshot()
	switch {
	case isOn(snap, p.Name):
		return Answer{Said: p.Name + " is on air already"}, nil
	case !p.Sends:
		return Answer{}, refuse(Refused, "%s is not sending: only who sends can go live", p.Name)
	}
	if next {
		d.unline()
	}
	d.takeOff(liveItem(p.Name).ID, false)
	a := &attempt{what: "live", who: who, why: p.Name + " went live", next: next,
		pick: func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
			return schedule.Live(on, left, n, liveItem(p.Name), p.Runs), nil
		}}
	return d.put(ctx, a, func(change) string { return p.Name + " is live" })
}

// endLive takes a producer off air.
func (d *Desk) endLive(ctx context.Context, who Who, name string) (Answer, error) {
	snap, _ := d.rooms.Engine.Snapshot()
	if !isOn(snap, name) {
		d.mu.Lock()
		waits := d.lined
		d.mu.Unlock()
		if waits != nil && waits.made().to.Item.ID == liveItem(name).ID && d.unline() != nil {
			return Answer{Said: name + " does not go live"}, nil
		}
		return Answer{}, refuse(Refused, "%s is not on air", name)
	}
	a := &attempt{what: "live off", who: who, why: "taken off", pick: d.meaning(snap.Air, d.following), then: d.following}
	return d.put(ctx, a, func(c change) string { return name + " is off air, the programme goes on with " + named(c.to) })
}
