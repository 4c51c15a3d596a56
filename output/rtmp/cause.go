package rtmp

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"airloom/output"
	"airloom/output/link"
)

func fault(kind output.Kind, format string, args ...any) *output.Fault {
	return &output.Fault{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// openFault says why the server did not take the stream, when it did not say so itself.
func (t target) openFault(s step, err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindRefused, "the server accepted the connection but did not answer within %s", link.OpenWithin)
	case !link.Ended(err):
		return fault(output.KindRefused, "the server's answer makes no sense: %w", err)
	}
	switch s {
	case stepHandshake:
		return fault(output.KindRefused, "server closed the connection in the handshake: is %s an RTMP port?", t.address())
	case stepConnect:
		f := fault(output.KindRefused, "server closed the connection: it does not know the app %q, or is still starting", t.app)
		f.Cause = output.CauseAppUnknown
		return f
	default:
		f := fault(output.KindRefused,
			"server closed the connection: the stream id is already publishing, or publishing is not allowed")
		f.Cause = output.CauseNoReason
		return f
	}
}

// refused passes on the server's own words.
func (t target) refused(words string) error {
	if words == "" {
		words = "it gave no reason"
	}
	f := fault(output.KindRefused, "the server refused the stream: %s", t.redact(words))
	f.Cause = causeOf(words)
	return f
}

// causeOf is what a server's words of refusal mean; "": they are not known. The
// words are those of Ant Media Server, then of others.
func causeOf(words string) output.Cause {
	words = strings.ToLower(words)
	for _, known := range []struct {
		part  string
		cause output.Cause
	}{
		{"connect.invalidapp", output.CauseAppUnknown},
		{"no scope", output.CauseAppUnknown},
		{"system resources", output.CauseBusy},
		{"stream name is invalid", output.CauseIDInvalid},
		{"netstream.invalidarg", output.CauseIDInvalid},
		{"publish.badname", output.CauseIDInUse},
		{"already publishing", output.CauseIDInUse},
		{"authmod", output.CauseCredential},
		{"unauthorized", output.CauseCredential},
		{"access denied", output.CauseForbidden},
	} {
		if strings.Contains(words, known.part) {
			return known.cause
		}
	}
	return ""
}

// lost says why a session ended that had been taken.
func (t target) lost(err error, words string) error { return link.Lost(err, t.redact(words)) }
