// Package socket stands before the desk of a running channel on a unix socket in
// its state folder: who may write to the socket may command the channel.
//
// Each line is one [Request] in JSON and gets one line in answer, a [Reply], in
// order. Who asks is what the kernel says of the other end. A [Server] keeps the
// socket; [Ask] is the other side, for `airloom ctl`.
package socket

import (
	"encoding/json"
	"fmt"
	"time"

	"airloom/playout/control"
)

// Protocol is the version of what is said. Another one is refused in words: a
// binary that was replaced on disk may talk to a channel that still runs the old.
const Protocol = 1

// Name is the socket's name in the state folder.
const Name = "control.sock"

// The commands.
const (
	Skip        = "skip"
	Back        = "back"
	Restart     = "restart"
	Take        = "take"
	Undo        = "undo"
	Seek        = "seek"
	Hold        = "hold"
	Slate       = "slate"
	Live        = "live"
	Reload      = "reload"
	StopOutput  = "output stop"
	StartOutput = "output start"
	Quarantine  = "quarantine list"
	Lift        = "quarantine lift"
	Status      = "status"
	Log         = "log"
)

// Request is one command. What a command does not know may not be given.
type Request struct {
	Protocol int    `json:"protocol"`
	Command  string `json:"command"`
	// Item is the ID of the item that is meant: the one on air ("" for whichever
	// it is), or for take the one to put on air.
	Item     string `json:"item,omitempty"`
	Playlist string `json:"playlist,omitempty"` // take: its file's name
	Number   int    `json:"number,omitempty"`   // take: the item's place in it, from 1, where no item is given
	Version  string `json:"version,omitempty"`  // take: the playlist's, as it was seen; lift: the file's
	Next     bool   `json:"next,omitempty"`     // take: after the item on air
	ToMS     int64  `json:"to_ms,omitempty"`    // seek: the time in the item
	On       *bool  `json:"on,omitempty"`       // hold, slate, live
	Producer string `json:"producer,omitempty"` // live: who
	Output   string `json:"output,omitempty"`   // output stop, output start: its name
}

// Reply is the answer: either OK with what came of it, or a code and an error in
// words.
type Reply struct {
	Protocol int          `json:"protocol"`
	OK       bool         `json:"ok"`
	Code     control.Code `json:"code,omitempty"`
	Error    string       `json:"error,omitempty"`
	control.Answer
	Status     *control.Status  `json:"status,omitempty"`
	Quarantine []control.Banned `json:"quarantine,omitzero"`
	Log        []control.Note   `json:"log,omitzero"`
}

const (
	maxRequest  = 16 << 10               // bytes of a line
	maxReply    = 4 << 20                // bytes of a line
	maxClients  = 128                    // at once
	idle        = time.Minute            // between two requests, or within one
	reading     = 5 * time.Second        // for the other end to take a reply
	patience    = 20 * time.Second       // for a reply: longer than any command may take
	nameWithin  = 500 * time.Millisecond // for a user's name
	placeWithin = time.Second            // for a place to come free
	lookEvery   = 2 * time.Second        // whether the socket is still there
	rejectAfter = 100 * time.Millisecond // for one that is turned away to hear it
)

func refused(code control.Code, format string, args ...any) Reply {
	return Reply{Protocol: Protocol, Code: code, Error: fmt.Sprintf(format, args...)}
}

// line is the reply as it is sent.
func (r Reply) line() []byte {
	raw, err := json.Marshal(r)
	if err != nil { // a figure that JSON has no words for
		raw, _ = json.Marshal(refused(control.Refused, "the answer cannot be told: %v", err))
	}
	return append(raw, '\n')
}
