package output

import "errors"

// Kind classifies, once and at the edge, why a session is not or no longer there.
type Kind string

// The kinds of faults. They decide how the way back is sought.
const (
	KindUnreachable Kind = "unreachable" // the port is shut, or nothing answers
	KindName        Kind = "name"        // the server's name has no address
	KindTLS         Kind = "tls"         // no agreement on encryption
	KindRefused     Kind = "refused"     // reached, but it did not take the stream
	KindLost        Kind = "lost"        // took the stream and broke off
	KindStalled     Kind = "stalled"     // took the stream and stopped reading
	KindMedia       Kind = "media"       // the stream itself may not be sent on
)

// Fault is why an attempt or a session ended. Error() is one sentence for
// people, and holds no stream key.
type Fault struct {
	Kind Kind
	Err  error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf returns the kind of the fault in err, or KindLost if it holds none.
func KindOf(err error) Kind {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return KindLost
}
