package worker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"airloom/playout/media"
)

// protocol is the version of what crosses between keeper and child. An upgrade
// may have replaced the program file under a running keeper.
const protocol = 1

// The child's files beside stdin and stderr.
const (
	ringFD   = 3
	recordFD = 4
)

// maxRequest and maxBody bound what either side accepts, in bytes.
const (
	maxRequest = 32 << 10
	maxBody    = 16 << 10
)

// request is the first line on the child's stdin. Every byte after it is the
// number of a slot that the child may fill.
type request struct {
	Protocol int         `json:"protocol"`
	House    media.House `json:"house"`
	Slots    int         `json:"slots"`
	Spec     media.Spec  `json:"spec"`
	Start    media.Start `json:"start"`
}

// A record is what the child says: a head of fixed size, and for all but ticks
// a body in JSON.
const headSize = 24

type recordKind uint32

// The kinds of records, in the order in which they come.
const (
	recHello recordKind = iota + 1 // hello
	recInfo                        // media.ClipInfo, once the clip is open
	recTick                        // no body: the slot holds tick N
	recEnd                         // no body: no more ticks
	recFault                       // fault: no more ticks, and why
)

type record struct {
	kind    recordKind
	slot    uint32
	samples uint32 // a channel
	body    uint32 // bytes that follow
	tick    int64
}

// hello is the child's first word: whether both sides speak alike, and which
// fences the kernel could not build.
type hello struct {
	Protocol int      `json:"protocol"`
	Missing  []string `json:"missing,omitempty"`
}

// fault is a media.Fault on the wire.
type fault struct {
	Kind    media.FaultKind `json:"kind"`
	Message string          `json:"message"`
}

func (r record) put(b []byte) {
	binary.NativeEndian.PutUint32(b[0:], uint32(r.kind))
	binary.NativeEndian.PutUint32(b[4:], r.slot)
	binary.NativeEndian.PutUint32(b[8:], r.samples)
	binary.NativeEndian.PutUint32(b[12:], r.body)
	binary.NativeEndian.PutUint64(b[16:], uint64(r.tick))
}

func parseRecord(b []byte) record {
	return record{
		kind:    recordKind(binary.NativeEndian.Uint32(b[0:])),
		slot:    binary.NativeEndian.Uint32(b[4:]),
		samples: binary.NativeEndian.Uint32(b[8:]),
		body:    binary.NativeEndian.Uint32(b[12:]),
		tick:    int64(binary.NativeEndian.Uint64(b[16:])),
	}
}

// withBody renders a record that carries v.
func withBody(kind recordKind, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("record of %d bytes where %d are allowed", len(body), maxBody)
	}
	b := make([]byte, headSize, headSize+len(body))
	record{kind: kind, body: uint32(len(body))}.put(b)
	return append(b, body...), nil
}

// asFault turns what the child said into a fault, whatever it said.
func asFault(f fault) *media.Fault {
	switch f.Kind {
	case media.FaultMissing, media.FaultUnreadable, media.FaultUnsupported, media.FaultBroken,
		media.FaultCrashed, media.FaultStalled, media.FaultAway, media.FaultTooHeavy:
	default:
		f.Kind = media.FaultBroken
	}
	if f.Message == "" {
		f.Message = "the decoder gave up and did not say why"
	}
	return &media.Fault{Kind: f.Kind, Err: errors.New(f.Message)}
}
