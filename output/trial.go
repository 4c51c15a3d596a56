package output

import (
	"time"

	"airloom/playout/media"
)

// Stage is how far on the way to a server a [Step] leads.
type Stage string

// The stages of a trial, in their order. Each way out has those that it knows.
const (
	StageName      Stage = "name"      // the server's name has addresses
	StageReach     Stage = "reach"     // one of them answers at the port
	StageTLS       Stage = "tls"       // encrypted, by a certificate that is trusted
	StageHandshake Stage = "handshake" // it speaks the protocol
	StageApp       Stage = "app"       // it knows the application
	StagePublish   Stage = "publish"   // it takes a stream
)

// Step is what one stage of a trial came to. Nothing in it holds a secret.
type Step struct {
	Stage  Stage
	Took   time.Duration
	Detail string    // what was seen, in words; "": nothing but that it went well
	Until  time.Time // the end of the certificate's life; zero: it has none
	Err    error     // a *Fault, and the last step; nil: it went well
}

// Trial says how far to try a way out, and by which name.
type Trial struct {
	// ID is what to publish as: never the stream's own id, which somebody may be
	// sending under. The address' parameters go with it as they stand.
	ID string
	// Info is what to say of the stream where a server asks for that before it takes it.
	Info media.StreamInfo
	// Upto is the last stage to try.
	Upto Stage
}
