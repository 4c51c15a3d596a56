// Package rtsp pushes to an RTSP or RTSPS server: ANNOUNCE, SETUP, RECORD, and
// then everything on the one TCP connection.
//
// A [Dialer] knows one address. Its Reach makes the TCP connection, its Open
// speaks until the server records; what comes back is a [Session] that turns
// packets into RTP with the session's own times. Messages, authentication, SDP
// and the payload formats are gortsplib's; the socket, its deadlines, what is
// said in which order and what the server's words mean are ours.
package rtsp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
)

// target is an address taken apart.
type target struct {
	tls        bool
	host, port string
	url        *base.URL // without user and password
	user, pass string    // secrets, as are path and query
}

// parse takes an address apart: rtsp[s]://[user:password@]host[:port]/path[?query].
func parse(raw string) (target, error) {
	// The address may hold secrets, so no error repeats it, and url.Parse's
	// own errors would.
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, errors.New("the RTSP address is not a URL: it should read rtsp://host/path")
	}
	t := target{tls: u.Scheme == "rtsps", host: u.Hostname(), port: u.Port()}
	switch {
	case u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return target{}, fmt.Errorf("an RTSP address begins with rtsp:// or rtsps://, not %q", u.Scheme+"://")
	case t.host == "":
		return target{}, errors.New("the RTSP address has no host: it should read rtsp://host/path")
	case u.Fragment != "":
		return target{}, errors.New("the RTSP address has a # in it: write it as %23")
	case strings.Trim(u.Path, "/") == "":
		return target{}, errors.New("the RTSP address lacks the path to publish at: it should read rtsp://host/path")
	}
	if t.port == "" {
		t.port = "554"
		if t.tls {
			t.port = "322"
		}
	}
	if u.User != nil {
		t.user = u.User.Username()
		t.pass, _ = u.User.Password()
	}
	t.url = (*base.URL)(u).CloneWithoutCredentials()
	return t, nil
}

// String is the address for people: its path may be a key.
func (t target) String() string { return t.url.Scheme + "://" + t.url.Host + "/…" }

// redact takes what is secret out of a server's words.
func (t target) redact(words string) string {
	var hide []string
	for _, s := range []string{t.url.String(), t.url.RequestURI(), t.url.Path, strings.Trim(t.url.Path, "/"), t.url.RawQuery, t.pass, t.user} {
		if len(s) > 1 {
			hide = append(hide, s, "…")
		}
	}
	return strings.NewReplacer(hide...).Replace(words)
}
