package rtmp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"airloom/output"
)

func fault(kind output.Kind, format string, args ...any) *output.Fault {
	return &output.Fault{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// dialFault says why the server could not be reached.
func (t target) dialFault(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault(output.KindName, "the name %s has no address: check the spelling of the output's url", t.host)
	case errors.As(err, &dns):
		return fault(output.KindName, "the name %s cannot be resolved (%s): check this machine's resolver", t.host, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault(output.KindUnreachable, "connection refused: nothing listens on %s", t.address())
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fault(output.KindUnreachable, "no route to %s: check the network", t.host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fault(output.KindUnreachable, "no answer from %s within %s", t.address(), connectWithin)
	}
	return fault(output.KindUnreachable, "cannot connect to %s: %w", t.address(), err)
}

// tlsFault says why there is no encryption.
func (t target) tlsFault(err error) error {
	var (
		record   tls.RecordHeaderError
		hostname x509.HostnameError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &record):
		return fault(output.KindTLS, "TLS: %s does not speak TLS: try rtmp:// or another port", t.address())
	case errors.As(err, &hostname), errors.As(err, &unknown), errors.As(err, &invalid):
		return fault(output.KindTLS, "TLS: the certificate of %s is not accepted: %w", t.address(), err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindTLS, "TLS: %s did not answer within %s", t.address(), openWithin)
	case ended(err):
		return fault(output.KindTLS, "TLS: %s closed the connection in the handshake", t.address())
	}
	return fault(output.KindTLS, "TLS: no agreement with %s: %w", t.address(), err)
}

// openFault says why the server did not take the stream, when it did not say so itself.
func (t target) openFault(s step, err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindRefused, "the server accepted the connection but did not answer within %s", openWithin)
	case !ended(err):
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
func (t target) lost(err error, words string) error {
	var own *output.Fault
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindStalled, "the server has stalled: it has read nothing for %s", stallAfter)
	case words != "":
		return fault(output.KindLost, "the server ended the stream: %s", t.redact(words))
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fault(output.KindLost, "the server reset the connection")
	case ended(err):
		return fault(output.KindLost, "the server closed the connection")
	}
	return fault(output.KindLost, "the connection broke: %w", err)
}

// ended reports whether err is the end of the connection and nothing else.
func ended(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
