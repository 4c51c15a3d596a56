package antmedia

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"airloom/output"
)

// What can be wrong with the API, beyond output's causes that fit it as well:
// forbidden, credential, app-unknown.
const (
	CauseUnreachable = output.Cause(output.KindUnreachable)
	CauseName        = output.Cause(output.KindName)
	CauseTLS         = output.Cause(output.KindTLS)
	CauseTimeout     = output.Cause("timeout")   // no answer within two seconds, or what there was of them
	CauseStarting    = output.Cause("starting")  // the server says that it is not ready
	CauseNonsense    = output.Cause("nonsense")  // it does not answer as this server does
	CauseElsewhere   = output.Cause("elsewhere") // it sends us to another host
	CauseDeclined    = output.Cause("declined")  // understood, and not done
)

// Error is why the API gave no good answer. It is one sentence for people.
type Error struct {
	Cause  output.Cause
	Status int    // of HTTP; 0: there was no answer
	Said   string // the server's own words, without what is secret in them; ""
	words  string
}

func (e *Error) Error() string { return e.words }

// Fleeting reports whether the trouble is such as a server that starts has for
// its first minute: it means nothing before that is over.
func (e *Error) Fleeting() bool {
	return e.Cause != output.CauseCredential && e.Cause != CauseNonsense && e.Cause != CauseElsewhere
}

// trouble is why there was no answer at all in that time. What the standard library
// says of it holds the whole address, so it is not passed on.
func (c *Client) trouble(err error, waited time.Duration) error {
	var dns *net.DNSError
	var timeout net.Error
	say := func(cause output.Cause, format string, args ...any) error {
		return &Error{Cause: cause, words: fmt.Sprintf(format, args...)}
	}
	var (
		record   tls.RecordHeaderError
		verify   *tls.CertificateVerificationError
		hostname x509.HostnameError
		unknown  x509.UnknownAuthorityError
	)
	switch {
	case errors.Is(err, errElsewhere):
		return say(CauseElsewhere, "the API at %s sends us to another address: write that in antmedia.api, if it is meant", c.Host())
	case errors.As(err, &dns):
		return say(CauseName, "the name %s has no address: check antmedia.api", c.base.Hostname())
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(CauseUnreachable, "nothing listens on %s: check the port in antmedia.api", c.Host())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return say(CauseTimeout, "the API at %s does not answer within %s", c.Host(), waited.Round(50*time.Millisecond))
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record), errors.As(err, &verify), errors.As(err, &hostname), errors.As(err, &unknown):
		return say(CauseTLS, "no encrypted connection with %s: check its certificate, and http or https in antmedia.api", c.Host())
	}
	return say(CauseUnreachable, "the API at %s broke the connection", c.Host())
}

// refused says what an answer means that is not 200.
func (c *Client) refused(r reply) error {
	words := said(r)
	e := &Error{Status: r.status, Said: short(c.hushed(words))}
	say := func(cause output.Cause, format string, args ...any) error {
		e.Cause, e.words = cause, fmt.Sprintf(format, args...)
		return e
	}
	in := func(part string) bool { return strings.Contains(strings.ToLower(words), part) }
	switch {
	case r.status == http.StatusUnauthorized, in("jwt token") && r.status == http.StatusForbidden:
		return say(output.CauseCredential, "the API at %s does not accept our token (%d %s): set antmedia.token to the app's JWT", c.Host(), r.status, e.Said)
	case r.status >= 500, r.status == http.StatusForbidden && in("initialized"):
		return say(CauseStarting, "the API at %s is not ready (%d %s)", c.Host(), r.status, e.Said)
	case r.status == http.StatusForbidden:
		return say(output.CauseForbidden, "the API at %s forbids our address (%d %s): allow it in the app's settings, REST API allowed IPs", c.Host(), r.status, e.Said)
	case r.status == http.StatusNotFound:
		return say(output.CauseAppUnknown, "%s has no app %s: check antmedia.api", c.Host(), c.base.Path)
	}
	return say(CauseDeclined, "the API at %s declines (%d %s)", c.Host(), r.status, e.Said)
}

var tomcatsWords = regexp.MustCompile(`<p><b>Message</b>(.*?)</p>`)

// said is the words in an answer: Ant Media Server's {"message": …}, or Tomcat's
// page of an error.
func said(r reply) string {
	var m struct {
		Message string `json:"message"`
	}
	words := ""
	if json.Unmarshal(r.body, &m) == nil {
		words = m.Message
	} else if found := tomcatsWords.FindSubmatch(r.body); found != nil {
		words = html.UnescapeString(string(found[1]))
	}
	if words = strings.Join(strings.Fields(words), " "); words == "" {
		words = http.StatusText(r.status)
	}
	return words
}

// short is so much of the words as people read.
func short(words string) string {
	if words = strings.ToValidUTF8(words, "?"); len(words) > 200 {
		words = strings.ToValidUTF8(words[:200], "") + "…"
	}
	return words
}
