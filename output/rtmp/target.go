// Package rtmp publishes to an RTMP or RTMPS server.
//
// A [Dialer] knows one address. Its Reach makes the TCP connection, its Open
// speaks until the server takes the stream; what comes back is a [Session] that
// turns packets into messages with the session's own times. Chunks, handshake
// and AMF0 are gortmplib's; the socket, its deadlines, what is said in which
// order and what the server's words mean are ours, since that is where a
// publisher lives or dies.
package rtmp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// target is an address taken apart: servers want app and key on their own.
type target struct {
	tls  bool
	host string // without port
	port string
	app  string // may have several elements
	key  string // the last element, with its query; a secret
	url  string // tcUrl: the address without the key
	own  string // of a trial: the key whose place another has taken; a secret too
}

// parse takes an address apart: rtmp[s]://host[:port]/app/key[?query].
func parse(raw string) (target, error) {
	// The address may hold secrets, so no error repeats it, and url.Parse's
	// own errors would.
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, errors.New("the RTMP address is not a URL: it should read rtmp://host/app/key")
	}
	t := target{tls: u.Scheme == "rtmps", host: u.Hostname(), port: u.Port()}
	switch {
	case u.Scheme != "rtmp" && u.Scheme != "rtmps":
		return target{}, fmt.Errorf("an RTMP address begins with rtmp:// or rtmps://, not %q", u.Scheme+"://")
	case t.host == "":
		return target{}, errors.New("the RTMP address has no host: it should read rtmp://host/app/key")
	case u.User != nil:
		return target{}, errors.New("the RTMP address holds a user or password: servers take a token as ?token=… after the key")
	case u.Fragment != "":
		return target{}, errors.New("the RTMP address has a # in it: write it as %23")
	}
	path := strings.TrimPrefix(u.EscapedPath(), "/")
	cut := strings.LastIndexByte(path, '/')
	if cut <= 0 || cut == len(path)-1 {
		return target{}, errors.New("the RTMP address lacks the app or the stream key: it should read rtmp://host/app/key")
	}
	t.app, t.key = path[:cut], path[cut+1:]
	if u.RawQuery != "" {
		t.key += "?" + u.RawQuery
	}
	if t.port == "" {
		t.port = "1935"
		if t.tls {
			t.port = "443"
		}
	}
	t.url = u.Scheme + "://" + u.Host + "/" + t.app
	return t, nil
}

// with is the target with further parameters at its key.
func (t target) with(query string) target {
	switch {
	case query == "":
	case strings.Contains(t.key, "?"):
		t.key += "&" + query
	default:
		t.key += "?" + query
	}
	return t
}

// String is the address for people: without the key.
func (t target) String() string { return t.url + "/…" }

func (t target) address() string { return net.JoinHostPort(t.host, t.port) }

// redact takes the key and what its parameters hold out of a server's words, and the
// configured key where a trial has another.
func (t target) redact(words string) string {
	hush := secretsOf(t.key)
	if t.own != "" {
		hush = append(hush, secretsOf(t.own)...)
	}
	return strings.NewReplacer(hush...).Replace(words)
}

// secretsOf are pairs of what a key holds and what is said in its place.
func secretsOf(key string) []string {
	id, query, _ := strings.Cut(key, "?")
	hush := []string{key, "…", id, "…"}
	for param := range strings.SplitSeq(query, "&") {
		if _, value, _ := strings.Cut(param, "="); value != "" {
			hush = append(hush, value, "…")
			if plain, err := url.QueryUnescape(value); err == nil {
				hush = append(hush, plain, "…")
			}
		}
	}
	return hush
}
