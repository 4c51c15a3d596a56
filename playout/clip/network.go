package clip

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Bounds on what comes over a network.
const (
	// liveWithin is how long a live source may say nothing before its connection
	// counts as dead: a camera's keyframes are never that far apart.
	liveWithin = 3 * time.Second
	// analyse bounds the look at a live source before its first tick: declared
	// streams end it sooner, and sound that comes later is taken up then.
	analyse = 2 * time.Second
	// An http server that cuts a body off is asked for the rest after 0, 1, 3 and
	// 7 s: less than a read may take.
	httpPause   = 7
	httpRetries = 8
)

// schemeOf is the scheme of an address, in lower case.
func schemeOf(source string) string {
	scheme, _, _ := strings.Cut(source, "://")
	return strings.ToLower(scheme)
}

// sentLive says that only the sender of this address begins and ends it.
func sentLive(source string) bool {
	return slices.Contains([]string{"rtsp", "rtsps", "rtmp", "rtmps", "rtmpt", "srt", "udp", "rtp"}, schemeOf(source))
}

// patience is how long the source may say nothing.
func (s *source) patience() time.Duration {
	switch {
	case Fed(s.url):
		return fedWithin
	case sentLive(s.url):
		return liveWithin
	}
	return readWithin
}

// isRTMP says that the address is one of RTMP in any of its forms.
func isRTMP(source string) bool { return strings.HasPrefix(schemeOf(source), "rtmp") }

// networkOptions are libav's options for an address.
func networkOptions(source string, set func(k, v string)) {
	set("protocol_whitelist", netProtocols)
	set("format_whitelist", addressesMayUse())
	within := readWithin
	if sentLive(source) {
		within = liveWithin
		set("analyzeduration", fmt.Sprint(analyse.Microseconds()))
	}
	set("rw_timeout", fmt.Sprint(within.Microseconds()))
	switch schemeOf(source) {
	case "rtsp", "rtsps":
		set("rtsp_transport", "tcp+udp")
		set("rtsp_flags", "prefer_tcp") // over UDP where it is refused
		set("timeout", fmt.Sprint(within.Microseconds()))
	case "http", "https":
		set("reconnect", "1")
		set("reconnect_delay_max", fmt.Sprint(httpPause))
		set("reconnect_max_retries", fmt.Sprint(httpRetries))
	case "srt":
		set("connect_timeout", fmt.Sprint(within.Milliseconds()))
	}
}

// gone says that what libav reports is an address that is not there, or not any
// more, rather than one that leads to what cannot be played.
func gone(err error) bool {
	if errors.Is(err, io.EOF) {
		return true
	}
	var e astiav.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e {
	case astiav.ErrEof, astiav.ErrEio, astiav.ErrEpipe, astiav.ErrEtimedout, astiav.ErrExit,
		astiav.ErrHttpBadRequest, astiav.ErrHttpForbidden, astiav.ErrHttpNotFound, astiav.ErrHttpOther4Xx, astiav.ErrHttpServerError, astiav.ErrHttpUnauthorized:
		return true
	}
	return slices.Contains([]syscall.Errno{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EHOSTUNREACH,
		syscall.ENETUNREACH, syscall.ENETDOWN, syscall.ENOTCONN}, syscall.Errno(-int(e)))
}

// networkFault says in words why an address did not open.
func (s *source) networkFault(err error) error {
	kind := media.FaultUnsupported
	switch {
	case gone(err), isRTMP(s.url) && errors.Is(err, astiav.Error(-int(syscall.EPERM))): // what a server says of a stream that is not there
		kind = media.FaultAway
	case errors.Is(err, astiav.Error(-int(syscall.EINVAL))), errors.Is(err, astiav.ErrProtocolNotFound): // a protocol or a format that is not allowed
		kind = media.FaultUnreadable
	}
	switch {
	case s.watch != nil && s.watch.late, errors.Is(err, astiav.ErrExit), errors.Is(err, astiav.ErrEtimedout):
		return fault(media.FaultAway, "%s did not answer in time: check the server, and the way to it (libav: %w)", s.name, err)
	case s.watch.reach != nil && s.watch.reach.refused() != "":
		return fault(media.FaultUnreadable, "%s leads to %s, which is not allowed: add that host to media.hosts, or name it in the playlist if it is in this house (libav: %w)",
			s.name, s.watch.reach.refused(), err)
	case errors.Is(err, astiav.ErrHttpUnauthorized), errors.Is(err, astiav.ErrHttpForbidden):
		return fault(kind, "%s refuses us: check user, password and token in the address (libav: %w)", s.name, err)
	case errors.Is(err, astiav.ErrHttpNotFound):
		return fault(kind, "%s is not known to the server: check the path, or start the sender (libav: %w)", s.name, err)
	case errors.Is(err, astiav.Error(-int(syscall.ECONNREFUSED))):
		return fault(kind, "%s refuses connections: start its server, or check the port (libav: %w)", s.name, err)
	}
	return fault(kind, "%s cannot be opened: check the address, and that it is being sent (libav: %w)", s.name, err)
}

// hideSecrets leaves of an address what may be shown: no user, no query.
func hideSecrets(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	return scheme + "://" + host + "/" + path
}

// lost says in words how a live source came to an end.
func (s *source) lost(err error) error {
	switch {
	case Fed(s.url) && (err == nil || errors.Is(err, astiav.ErrEof)):
		return io.EOF // the producer has ended
	case s.watch.late, errors.Is(err, astiav.ErrEtimedout), errors.Is(err, astiav.ErrExit):
		return fault(media.FaultAway, "%s has fallen silent: nothing came for %v (libav: %w)", s.name, s.patience(), err)
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, astiav.ErrEof):
		return fault(media.FaultAway, "%s has ended: its sender or its server closed it", s.name)
	}
	return fault(media.FaultAway, "%s has broken off (libav: %w)", s.name, err)
}
