package link

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

func fault(kind output.Kind, format string, args ...any) error {
	return &output.Fault{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// Unreached says why the server could not be reached.
func (w *Way) Unreached(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault(output.KindName, "the name %s has no address: check the spelling of the output's url", w.Host)
	case errors.As(err, &dns):
		return fault(output.KindName, "the name %s cannot be resolved (%s): check this machine's resolver", w.Host, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault(output.KindUnreachable, "connection refused: nothing listens on %s", w.Address())
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fault(output.KindUnreachable, "no route to %s: check the network", w.Host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fault(output.KindUnreachable, "no answer from %s within %s", w.Address(), connectWithin)
	}
	return fault(output.KindUnreachable, "cannot connect to %s: %w", w.Address(), err)
}

// tlsFault says why there is no encryption.
func (w *Way) tlsFault(err error, plain string) error {
	var (
		record   tls.RecordHeaderError
		hostname x509.HostnameError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &record):
		return fault(output.KindTLS, "TLS: %s does not speak TLS: try %s:// or another port", w.Address(), plain)
	case errors.As(err, &hostname), errors.As(err, &unknown), errors.As(err, &invalid):
		return fault(output.KindTLS, "TLS: the certificate of %s is not accepted: %w", w.Address(), err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindTLS, "TLS: %s did not answer within %s", w.Address(), OpenWithin)
	case Ended(err):
		return fault(output.KindTLS, "TLS: %s closed the connection in the handshake", w.Address())
	}
	return fault(output.KindTLS, "TLS: no agreement with %s: %w", w.Address(), err)
}

// Lost says why a session ended that had been taken. The words are the server's
// own, with no secret in them; they may be "".
func Lost(err error, words string) error {
	var own *output.Fault
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindStalled, "the server has stalled: it has read nothing for %s", StallAfter)
	case words != "":
		return fault(output.KindLost, "the server ended the stream: %s", words)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fault(output.KindLost, "the server reset the connection")
	case Ended(err):
		return fault(output.KindLost, "the server closed the connection")
	}
	return fault(output.KindLost, "the connection broke: %w", err)
}

// Ended reports whether err is the end of the connection and nothing else.
func Ended(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
