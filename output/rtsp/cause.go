package rtsp

import (
	"errors"
	"fmt"
	"os"

	"github.com/bluenviron/gortsplib/v5/pkg/base"

	"airloom/output"
	"airloom/output/link"
)

func fault(cause output.Cause, format string, args ...any) error {
	return &output.Fault{Kind: output.KindRefused, Cause: cause, Err: fmt.Errorf(format, args...)}
}

// openFault says why the server did not take the stream, when it did not say so itself.
func (t target) openFault(method base.Method, err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault("", "the server accepted the connection but did not answer within %s", link.OpenWithin)
	case !link.Ended(err):
		return fault("", "the server's answer makes no sense: %s", t.redact(err.Error()))
	case method == base.Options:
		return fault("", "server closed the connection at the first request: is %s:%s an RTSP port?", t.host, t.port)
	}
	return fault("", "server closed the connection at %s: the path is in use already, or publishing is not allowed", method)
}

// refused puts the server's status into words.
func (t target) refused(method base.Method, r *base.Response) error {
	said := fmt.Sprintf("%d %s", r.StatusCode, t.redact(r.StatusMessage))
	switch r.StatusCode {
	case base.StatusUnauthorized, base.StatusProxyAuthRequired:
		if t.user == "" {
			return fault(output.CauseCredential, "the server wants a user and password (%s): write them before the host, rtsp://user:password@host/path", said)
		}
		return fault(output.CauseCredential, "the server does not accept the user or the password (%s)", said)
	case base.StatusForbidden:
		return fault(output.CauseForbidden, "the server does not allow to publish there (%s)", said)
	case base.StatusNotFound, base.StatusGone:
		return fault(output.CauseIDUnknown, "the server does not know the path, or takes no publisher at it (%s)", said)
	case base.StatusSessionNotFound:
		return fault("", "the server has lost the session that it opened (%s)", said)
	case base.StatusNotEnoughBandwidth, base.StatusServiceUnavailable:
		return fault(output.CauseBusy, "the server is at its limit (%s)", said)
	case base.StatusUnsupportedTransport:
		return fault("", "the server takes no RTSP over TCP (%s): allow interleaved transport there", said)
	case base.StatusMethodNotAllowed, base.StatusNotImplemented, base.StatusMethodNotValidInThisState:
		return fault("", "the server takes no publishers at all, or not at that path (%s to %s)", said, method)
	}
	return fault("", "the server refused the stream: %s to %s", said, method)
}
