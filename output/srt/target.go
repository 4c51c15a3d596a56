// Package srt pushes MPEG-TS to an SRT listener.
//
// A [Dialer] knows one address. Its Reach asks whether a listener is there, its
// Open agrees with it on the terms; what comes back is a [Session] that makes
// MPEG-TS of packets and sends it, seven packets of 188 bytes at a time, spread
// over time. Packets, encryption and what is sent again are gosrt's; the socket,
// the talk and its deadlines are ours: gosrt's own caller leaves a goroutine
// behind each time that a server refuses, and this one may be refused for days.
package srt

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// target is an address taken apart.
type target struct {
	host, port string
	stream     string // the stream's id, a secret
	passphrase string // a secret; "": nothing is encrypted
	keyLength  int    // bytes
	latency    time.Duration
}

// parse takes an address apart: srt://host:port?streamid=…&passphrase=…&latency=ms.
func parse(raw string) (target, error) {
	// The address may hold secrets, so no error repeats it.
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, errors.New("the SRT address is not a URL: it should read srt://host:port?streamid=…")
	}
	q, err := url.ParseQuery(u.RawQuery)
	t := target{host: u.Hostname(), port: u.Port(), stream: q.Get("streamid"), passphrase: q.Get("passphrase"), keyLength: 16, latency: 120 * time.Millisecond}
	switch {
	case err != nil:
		return target{}, errors.New("the SRT address has a parameter that is not percent-encoded")
	case u.Scheme != "srt":
		return target{}, fmt.Errorf("an SRT address begins with srt://, not %q", u.Scheme+"://")
	case t.host == "" || t.port == "":
		return target{}, errors.New("the SRT address lacks the host or the port: it should read srt://host:port?streamid=…")
	case u.User != nil || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return target{}, errors.New("the SRT address has more than host, port and parameters: it should read srt://host:port?streamid=…")
	case len(t.stream) > 512:
		return target{}, errors.New("the SRT address has a streamid of more than 512 bytes")
	case t.passphrase != "" && (len(t.passphrase) < 10 || len(t.passphrase) > 79):
		return target{}, errors.New("the SRT address has a passphrase of less than 10 or more than 79 characters")
	}
	if n := q.Get("latency"); n != "" {
		ms, err := strconv.Atoi(n)
		if err != nil || ms < 0 || ms > 60000 {
			return target{}, errors.New("the SRT address has a latency that is no number of milliseconds")
		}
		t.latency = time.Duration(ms) * time.Millisecond
	}
	if n := q.Get("pbkeylen"); n != "" && n != "0" {
		if t.keyLength, err = strconv.Atoi(n); err != nil || (t.keyLength != 16 && t.keyLength != 24 && t.keyLength != 32) {
			return target{}, errors.New("the SRT address has a pbkeylen other than 16, 24 and 32")
		}
	}
	return t, nil
}

// String is the address for people.
func (t target) String() string {
	host := t.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "srt://" + host + ":" + t.port + "/…"
}
