package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"airloom/playout/control"
)

// matterOf is what of a status is worth telling at once: not the figures that
// change with every tick.
func matterOf(s control.Status) []byte {
	s.UptimeS, s.Tick, s.Encoder, s.Resources = 0, 0, control.Encoder{}, control.Live{}
	if s.Now != nil {
		n := *s.Now
		n.PositionS, n.StartedAt = 0, time.Time{}
		s.Now = &n
	}
	if s.Next != nil {
		n := *s.Next
		n.StartsAt = nil
		s.Next = &n
	}
	if s.Due != nil {
		d := *s.Due
		d.At = time.Time{}
		s.Due = &d
	}
	still := func(st *control.Stand) *control.Stand {
		if st == nil {
			return nil
		}
		return &control.Stand{By: st.By}
	}
	s.Held, s.Slated = still(s.Held), still(s.Slated)
	s.Output, s.Arrival.AgeS = control.Output{}, 0
	s.Outputs = slices.Clone(s.Outputs)
	for i := range s.Outputs {
		o := &s.Outputs[i]
		o.RetryInS, o.BytesSent, o.BitrateKbps, o.DroppedPackets, o.RenewAt = 0, 0, 0, 0, nil
	}
	s.Alerts = slices.Clone(s.Alerts)
	for i := range s.Alerts {
		s.Alerts[i].Since, s.Alerts[i].Message = time.Time{}, wordsOf(s.Alerts[i].Message)
	}
	data, _ := json.Marshal(s) // Status always can be
	return data
}

// aJump is how far the item on air may be, in seconds, from where listeners who
// count on by themselves take it to be.
const aJump = 0.3

// jumped reports that the item on air, begun again say, is not where it is taken to be.
func jumped(s control.Status, taken float64) bool {
	runs := s.Now != nil && s.State == control.OnAir && s.Held == nil && s.Slated == nil
	return runs && math.Abs(s.Now.PositionS-taken) > aJump
}

// placeOf is where the item on air is, in seconds.
func placeOf(s control.Status) float64 {
	if s.Now == nil {
		return 0
	}
	return s.Now.PositionS
}

// wordsOf is a message without its figures, which may run on.
func wordsOf(message string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, message)
}

func alertsOf(s control.Status) map[string]control.Alert {
	m := make(map[string]control.Alert, len(s.Alerts))
	for _, a := range s.Alerts {
		m[a.Severity+" "+a.Code+" "+a.Playlist+" "+a.ItemID+" "+wordsOf(a.Message)] = a
	}
	return m
}

// alertEvent is an alert that came or went.
type alertEvent struct {
	Change string        `json:"change"` // raised or cleared
	Alert  control.Alert `json:"alert"`
}

func (h *hub) lookAtAlerts(s control.Status) {
	now := alertsOf(s)
	for _, key := range slices.Sorted(maps.Keys(h.seen.alerts)) {
		if _, still := now[key]; !still {
			h.tell("alert", alertEvent{"cleared", h.seen.alerts[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if _, was := h.seen.alerts[key]; !was {
			h.tell("alert", alertEvent{"raised", now[key]})
		}
	}
	h.seen.alerts = now
}

// listsEvent is what has changed in the playlists' folder.
type listsEvent struct {
	Changed []Listed `json:"changed"` // new ones too
	Removed []string `json:"removed"`
}

func (h *hub) lookAtLists() {
	if h.lists == nil {
		return
	}
	snap := h.lists.Snapshot()
	if snap.Generation == h.seen.generation {
		return
	}
	now := lister{h.lists}.listedOf(snap)
	e := listsEvent{[]Listed{}, []string{}}
	for _, f := range snap.Files {
		if was, ok := h.seen.lists[f.Name]; !ok || was != now[f.Name] {
			e.Changed = append(e.Changed, now[f.Name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.seen.lists)) {
		if _, still := now[name]; !still {
			e.Removed = append(e.Removed, name)
		}
	}
	h.seen.generation, h.seen.lists = snap.Generation, now
	if len(e.Changed)+len(e.Removed) > 0 {
		h.tell("playlists", e)
	}
}

// commandEvent is somebody's command that took effect.
type commandEvent struct {
	Who  string        `json:"who"` // a user's name; "" where there are none
	Via  string        `json:"via"`
	What string        `json:"what"` // the command in words
	Said string        `json:"said"` // what came of it, in words
	Item *control.Item `json:"item"` // what it put on air, or as next; null: nothing
	At   time.Time     `json:"at"`   // when it took effect
	Undo *time.Time    `json:"undo_until"`
}

func (h *hub) lookAtCommands() {
	if h.desk == nil {
		return
	}
	var notes []control.Note
	notes, h.seen.noted = h.desk.Since(h.seen.noted)
	for _, n := range notes {
		if !n.OK || n.Answer.Said == "" { // refused, or a change of another kind
			continue
		}
		e := commandEvent{n.By, n.Via, n.Asked, n.Said, n.Answer.Item, n.At.Add(time.Duration(n.TookMS) * time.Millisecond), n.Answer.Undo}
		if n.Answer.Since != nil {
			e.At = *n.Answer.Since
		}
		h.tell("command", e)
	}
}

// rundownOf changes when the rundown is to be asked for anew.
func (h *hub) rundownOf(s control.Status) string {
	var b strings.Builder
	if h.plan != nil {
		fmt.Fprint(&b, h.plan.Edition())
	}
	if s.Now != nil {
		fmt.Fprint(&b, " ", s.Now.ID, s.Now.Playlist, s.Now.Index)
	}
	if s.Next != nil {
		fmt.Fprint(&b, " ", s.Next.ID, s.Next.Playlist, s.Next.Index)
	}
	if s.Due != nil {
		fmt.Fprint(&b, " ", s.Due.ID, s.Due.Playlist)
	}
	fmt.Fprint(&b, s.Held != nil, s.Slated != nil)
	return b.String()
}

func (h *hub) lookAtRundown(s control.Status) {
	if now := h.rundownOf(s); now != h.seen.rundown {
		h.seen.rundown = now
		h.tell("rundown", struct{}{})
	}
}
