package media

import (
	"errors"
	"io/fs"
	"strings"
)

// FaultKind classifies, once and at the edge, why a clip did not play.
type FaultKind string

// The kinds of faults.
const (
	FaultMissing     FaultKind = "missing"     // no such file
	FaultUnreadable  FaultKind = "unreadable"  // no permission, a directory, outside the root
	FaultUnsupported FaultKind = "unsupported" // not media, or nothing in it that can be decoded
	FaultBroken      FaultKind = "broken"      // damaged, or ends before its time
	FaultCrashed     FaultKind = "crashed"     // the decoder's process died
	FaultStalled     FaultKind = "stalled"     // nothing came for too long
	FaultAway        FaultKind = "away"        // a source on the network is not there, or has gone: it may come back
	FaultTooHeavy    FaultKind = "too-heavy"   // cannot be decoded in real time here
)

// Fault is an error of one clip. It costs the item, never the channel. Error()
// is one sentence for people: what happened, to what, and what to do.
type Fault struct {
	Kind FaultKind
	Err  error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the cause, with libav's own code where there is one.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf returns the kind of the fault in err, or FaultBroken if it holds none.
func KindOf(err error) FaultKind {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return FaultBroken
}

// Words is what an error says, fit for one answer: the path it is about is known to
// whoever asked, and no more than `most` bytes are said. Nothing for no error.
func Words(err error, most int) string {
	if err == nil {
		return ""
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	s := strings.ToValidUTF8(err.Error(), "\uFFFD")
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// ErrNotReady is returned by a clip's Poll while its next tick is not there yet.
// Nothing is lost by it: poll again, or wait on Ready.
var ErrNotReady = errors.New("next tick is not ready")
