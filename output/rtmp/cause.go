package rtmp

import (
	"errors"
	"fmt"
	"os"

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
		return fault(output.KindRefused, "server closed the connection: it does not know the app %q, or is still starting", t.app)
	default:
		return fault(output.KindRefused,
			"server closed the connection: the stream id is already publishing, or publishing is not allowed")
	}
}

// refused passes on the server's own words.
func (t target) refused(words string) error {
	if words == "" {
		words = "it gave no reason"
	}
	return fault(output.KindRefused, "the server refused the stream: %s", t.redact(words))
}

// lost says why a session ended that had been taken.
func (t target) lost(err error, words string) error { return link.Lost(err, t.redact(words)) }
