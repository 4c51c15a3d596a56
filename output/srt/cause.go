package srt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"airloom/output"
)

func fault(kind output.Kind, cause output.Cause, format string, args ...any) error {
	return &output.Fault{Kind: kind, Cause: cause, Err: fmt.Errorf(format, args...)}
}

// openFault says why there was no agreement.
func openFault(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault(output.KindRefused, "", "the server answered, and then took no publisher within %s: it may have one already, or want another streamid or passphrase", openWithin)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault(output.KindRefused, "", "the server answered, and then shut its port")
	}
	return fault(output.KindRefused, "", "no agreement with the server: %w", err)
}

// rejected puts a listener's reason into words. The numbers are libsrt's, from
// 1000, and from 2000 those that a server gives of its own accord, after HTTP's.
func rejected(reason uint32) error {
	if reason >= 1400 && reason < 1600 { // as servers made with gosrt count
		reason += 1000
	}
	said := fmt.Sprintf("SRT reason %d", reason)
	switch reason {
	case 1010, 1011, 1017:
		return fault(output.KindRefused, output.CauseCredential, "the passphrase is not the server's, or only one side has one (%s)", said)
	case 1008, 1012, 1013, 1014:
		return fault(output.KindRefused, "", "the server wants another kind of SRT than live (%s)", said)
	case 1003, 1005, 2402, 2503, 2507:
		return fault(output.KindRefused, output.CauseBusy, "the server is at its limit (%s)", said)
	case 2401, 2403:
		return fault(output.KindRefused, output.CauseForbidden, "the server does not allow to publish as that streamid (%s)", said)
	case 2404:
		return fault(output.KindRefused, output.CauseIDUnknown, "the server does not know the streamid (%s)", said)
	case 2409, 2423:
		return fault(output.KindRefused, output.CauseIDInUse, "somebody publishes as that streamid already (%s)", said)
	case 2400, 2405, 2406, 2415:
		return fault(output.KindRefused, output.CauseIDInvalid, "the server does not understand the streamid (%s)", said)
	case 1002:
		return fault(output.KindRefused, "", "the server refused the stream: is the streamid its own, and not in use? (%s)", said)
	}
	return fault(output.KindRefused, "", "the server refused the stream (%s)", said)
}

// lost says why a session ended that had been taken.
func lost(err error) error {
	var own *output.Fault
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault(output.KindLost, "", "the server is gone: its port is shut")
	case errors.Is(err, net.ErrClosed):
		return fault(output.KindLost, "", "the server closed the connection")
	}
	return fault(output.KindLost, "", "the connection broke: %w", err)
}
