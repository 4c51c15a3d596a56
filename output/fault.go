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

// Cause is a fixed word for what exactly is wrong, for programs: finer than the
// kind, and of no weight for the way back.
type Cause string

// The causes that are told apart beyond the kinds, whose words stand for the rest.
const (
	CauseAppUnknown Cause = "app-unknown" // the server has no such app, or not yet
	CauseIDInUse    Cause = "id-in-use"   // somebody else sends under this stream id
	CauseGhost      Cause = "ghost"       // the server still holds a session of our own
	CauseIDUnknown  Cause = "id-unknown"  // the server takes only ids that were created there
	CauseIDInvalid  Cause = "id-invalid"
	CauseNoReason   Cause = "no-reason"   // it closed the connection without a word
	CauseNotNow     Cause = "not-now"     // outside of the dates that the stream is planned for
	CauseCredential Cause = "credential"  // token, JWT, hash or one-time password is missing or wrong
	CauseForbidden  Cause = "forbidden"   // by the server's filter of addresses
	CauseBusy       Cause = "server-busy" // its limit of load is reached
)

// Fault is why an attempt or a session ended. Error() is one sentence for
// people, and holds no stream key.
type Fault struct {
	Kind  Kind
	Cause Cause // "": no more is known than the kind
	Err   error
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

// CauseOf returns the cause of the fault in err: its kind where no more is known.
func CauseOf(err error) Cause {
	var f *Fault
	if errors.As(err, &f) && f.Cause != "" {
		return f.Cause
	}
	return Cause(KindOf(err))
}
