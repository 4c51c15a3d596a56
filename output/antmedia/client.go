package antmedia

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

const (
	answersWithin = 2 * time.Second
	bodyAtMost    = 1 << 20
)

// Client asks one app's REST API. Every call ends within two seconds, and every
// error is an *Error in words that holds no secret.
type Client struct {
	base  url.URL // http://host:5080/LiveApp
	token string
	http  *http.Client
	hush  hush
}

// NewClient returns a client of the app at that address, such as
// http://host:5080/LiveApp. The token is the application's JWT; "": none.
func NewClient(api, token string) (*Client, error) {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the API's address is no web address: write http://host:5080/LiveApp")
	}
	jar, err := cookiejar.New(nil) // without cookies each look at the playlist is another viewer
	if err != nil {
		return nil, err
	}
	c := &Client{base: url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + strings.Trim(u.Path, "/")}, token: token}
	c.Hide(token)
	c.http = &http.Client{
		Jar: jar, CheckRedirect: c.redirected,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: answersWithin}).DialContext,
			MaxIdleConns:           2,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
	}
	return c, nil
}

// Host is where the API is, for people.
func (c *Client) Host() string { return c.base.Host }

// Close lets go of connections that are kept for the next call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

var errElsewhere = errors.New("sent elsewhere")

// redirected keeps what is asked, and the token, with the host it is meant for.
func (c *Client) redirected(r *http.Request, via []*http.Request) error {
	if r.URL.Scheme != c.base.Scheme || r.URL.Host != c.base.Host || len(via) > 3 {
		return errElsewhere
	}
	return nil
}

// reply is an answer of any kind.
type reply struct {
	status int
	header http.Header
	body   []byte
	at     time.Time // on this machine's clock, when it came
	date   time.Time // on the server's
}

// ask sends a request and returns the whole answer, whatever its status.
func (c *Client) ask(ctx context.Context, method string, body any, query url.Values, path ...string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		send = bytes.NewReader(b)
	}
	u := c.base.JoinPath(path...)
	u.RawQuery = query.Encode()
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), send)
	if err != nil {
		return reply{}, c.trouble(err, 0)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" && path[0] == "rest" { // to nothing but the API
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return reply{}, c.trouble(err, time.Since(began))
	}
	defer res.Body.Close()
	got := reply{status: res.StatusCode, header: res.Header, at: time.Now()}
	got.date, _ = http.ParseTime(res.Header.Get("Date"))
	if got.body, err = io.ReadAll(io.LimitReader(res.Body, bodyAtMost+1)); err != nil {
		return reply{}, c.trouble(err, time.Since(began))
	}
	if len(got.body) > bodyAtMost {
		return reply{}, &Error{Cause: CauseNonsense, words: fmt.Sprintf("the answer of %s is longer than 1 MiB", c.Host())}
	}
	return got, nil
}

// rest asks the API for what is at the path, and decodes a good answer into v.
func (c *Client) rest(ctx context.Context, method string, body, v any, query url.Values, path ...string) (reply, error) {
	r, err := c.ask(ctx, method, body, query, append([]string{"rest", "v2"}, path...)...)
	switch {
	case err != nil:
		return r, err
	case r.status != http.StatusOK:
		return r, c.refused(r)
	case json.Unmarshal(r.body, v) != nil:
		return r, &Error{Cause: CauseNonsense, Status: r.status,
			words: fmt.Sprintf("%s does not answer as Ant Media Server does: check antmedia.api", c.Host())}
	}
	return r, nil
}
