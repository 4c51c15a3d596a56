package hooks

import (
	"maps"
	"slices"
	"strings"

	"airloom/playout/control"
)

// The events.
const (
	OnAir    = "on-air"   // what is planned airs (again)
	Fallback = "fallback" // a hold, the filler or the slate airs in its place
	Stopping = "stopping" // the channel is being stopped

	Publishing    = "publishing"     // an output's server takes the stream
	NotPublishing = "not-publishing" // and no longer does

	ArrivalProven = "arrival-proven" // the server says that it receives
	ArrivalLost   = "arrival-lost"   // and no longer does

	AlertRaised  = "alert-raised"
	AlertCleared = "alert-cleared"

	ProducerReady = "producer-ready" // a producer sends, and is not on air
	ProducerLive  = "producer-live"  // a producer is on air
	ProducerAway  = "producer-away"  // a producer has gone
)

// Events are all events, in the order of the manual.
var Events = []string{
	OnAir, Fallback, Stopping, Publishing, NotPublishing, ArrivalProven, ArrivalLost,
	AlertRaised, AlertCleared, ProducerReady, ProducerLive, ProducerAway,
}

// change is an event, with what the status says of it.
type change struct {
	event string
	data  any
}

// Data of the events: the part of the status that has changed, under its name there.
type (
	channelData struct {
		State control.State   `json:"state"`
		Now   *control.Airing `json:"now"`
		Next  *control.Coming `json:"next"`
		Held  *control.Stand  `json:"held"`
		Slate *control.Stand  `json:"slated"`
	}
	outputData struct {
		Output control.Output `json:"output"`
	}
	arrivalData struct {
		Arrival control.Arrival `json:"arrival"`
	}
	alertData struct {
		Alert control.Alert `json:"alert"`
	}
	producerData struct {
		Producer control.Producer `json:"producer"`
	}
)

// changes is what has happened from one look at the channel to the next. What is
// new, such as an output at the first look, counts as having been away.
func changes(was, now control.Status) (list []change) {
	if event := stateEvents[now.State]; event != "" && was.State != now.State {
		list = append(list, change{event, channelData{now.State, now.Now, now.Next, now.Held, now.Slated}})
	}
	list = append(list, outputChanges(was.Outputs, now.Outputs)...)
	switch proven := now.Arrival.State == "proven"; {
	case proven && was.Arrival.State != "proven":
		list = append(list, change{ArrivalProven, arrivalData{now.Arrival}})
	case !proven && was.Arrival.State == "proven":
		list = append(list, change{ArrivalLost, arrivalData{now.Arrival}})
	}
	list = append(list, producerChanges(was.Producers, now.Producers)...)
	return append(list, alertChanges(was.Alerts, now.Alerts)...)
}

var stateEvents = map[control.State]string{control.OnAir: OnAir, control.Fallback: Fallback, control.Stopping: Stopping}

func outputChanges(was, now []control.Output) (list []change) {
	published := map[string]bool{}
	for _, o := range was {
		published[o.Name] = o.State == control.Publishing
	}
	for _, o := range now {
		switch publishes := o.State == control.Publishing; {
		case publishes && !published[o.Name]:
			list = append(list, change{Publishing, outputData{o}})
		case !publishes && published[o.Name]:
			list = append(list, change{NotPublishing, outputData{o}})
		}
	}
	return list
}

var producerEvents = map[string]string{"away": ProducerAway, "ready": ProducerReady, "on-air": ProducerLive}

func producerChanges(was, now []control.Producer) (list []change) {
	states := map[string]string{}
	for _, p := range was {
		states[p.Name] = p.State
	}
	for _, p := range now {
		before := states[p.Name]
		if before == "" {
			before = "away"
		}
		if event := producerEvents[p.State]; event != "" && p.State != before {
			list = append(list, change{event, producerData{p}})
		}
	}
	return list
}

// alertChanges are the alerts that have come and gone. One whose words change
// while it stands, because an attempt failed in another way, is the same.
func alertChanges(was, now []control.Alert) (list []change) {
	before, after := alertsOf(was), alertsOf(now)
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, stands := after[key]; !stands {
			list = append(list, change{AlertCleared, alertData{before[key]}})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, stood := before[key]; !stood {
			list = append(list, change{AlertRaised, alertData{after[key]}})
		}
	}
	return list
}

// alertsOf names alerts by what they are about, not by their words.
func alertsOf(alerts []control.Alert) map[string]control.Alert {
	m := make(map[string]control.Alert, len(alerts))
	for _, a := range alerts {
		m[strings.Join([]string{a.Severity, a.Code, a.Subject, a.Playlist, a.ItemID}, "\n")] = a
	}
	return m
}
