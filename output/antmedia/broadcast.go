package antmedia

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"airloom/output"
)

// Version is what the server says it is.
type Version struct {
	Name  string `json:"versionName"` // such as 2.17.1
	Type  string `json:"versionType"` // such as Community Edition
	Build string `json:"buildNumber"`
}

// Broadcast is what the server knows of one stream. Its times are the server's.
type Broadcast struct {
	ID            string  `json:"streamId"`
	Status        string  `json:"status"` // created, preparing, broadcasting, finished, …
	Type          string  `json:"type"`   // liveStream, streamSource, …
	Speed         float64 `json:"speed"`  // seconds of media a second; 0 for the first ten
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	ReceivedBytes int64   `json:"receivedBytes"`
	Bitrate       int64   `json:"bitrate"`   // bit/s
	StartTime     int64   `json:"startTime"` // of the session, Unix milliseconds
	UpdateTime    int64   `json:"updateTime"`
	RemoteIP      string  `json:"remoteIp"`         // of the publisher; "" for RTMP in 2.17.1
	PlannedStart  int64   `json:"plannedStartDate"` // Unix seconds; 0: none
	PlannedEnd    int64   `json:"plannedEndDate"`
	Created       int64   `json:"date"`             // Unix milliseconds
	Expires       int64   `json:"expireDurationMS"` // after Created; 0: never
	HLSViewers    int     `json:"hlsViewerCount"`
	DASHViewers   int     `json:"dashViewerCount"`
	WebRTCViewers int     `json:"webRTCViewerCount"`
	RTMPViewers   int     `json:"rtmpViewerCount"`
}

// Held reports whether somebody publishes it, or the server believes so.
func (b Broadcast) Held() bool { return b.Status == "broadcasting" || b.Status == "preparing" }

// Viewers is how many watch, in any way.
func (b Broadcast) Viewers() int {
	return b.HLSViewers + b.DASHViewers + b.WebRTCViewers + b.RTMPViewers
}

// Answer is what the server said of a broadcast at a moment.
type Answer struct {
	Known bool // the server has such a broadcast
	Broadcast
	At   time.Time // when the answer came, on this machine's clock
	Date time.Time // the same moment on the server's, to the second; zero: not said
}

// Running is how long the session has run at now, by the server's clock up to
// the answer and by ours since; 0 where the server does not say.
func (a Answer) Running(now time.Time) time.Duration {
	return a.since(a.StartTime, now)
}

// Idle is how long ago the server last renewed its figures, likewise.
func (a Answer) Idle(now time.Time) time.Duration {
	return a.since(a.UpdateTime, now)
}

func (a Answer) since(millis int64, now time.Time) time.Duration {
	if millis == 0 || a.Date.IsZero() {
		return 0
	}
	return max(0, a.Date.Sub(time.UnixMilli(millis))) + now.Sub(a.At)
}

// Version asks what the server is.
func (c *Client) Version(ctx context.Context) (v Version, err error) {
	_, err = c.rest(ctx, http.MethodGet, nil, &v, nil, "version")
	return v, err
}

// Broadcast asks for a broadcast. That the server has none of this id is an
// answer, not an error.
func (c *Client) Broadcast(ctx context.Context, id string) (Answer, error) {
	c.Hide(id)
	var a Answer
	r, err := c.rest(ctx, http.MethodGet, nil, &a.Broadcast, nil, "broadcasts", url.PathEscape(id))
	if r.status == http.StatusNotFound {
		return Answer{At: r.at, Date: r.date}, nil
	}
	if err != nil {
		return Answer{}, err
	}
	a.Known, a.At, a.Date = true, r.at, r.date
	return a, nil
}

// broadcasts is the first of those that the server has, whatever their state.
func (c *Client) broadcasts(ctx context.Context) ([]Broadcast, error) {
	var list []Broadcast
	_, err := c.rest(ctx, http.MethodGet, nil, &list, nil, "broadcasts", "list", "0", "50")
	return list, err
}

// Create makes the broadcast. One that is there already is as good.
func (c *Client) Create(ctx context.Context, id string) error {
	c.Hide(id)
	_, err := c.rest(ctx, http.MethodPost,
		map[string]string{"streamId": id, "name": id, "type": "liveStream"}, &struct{}{}, nil, "broadcasts", "create")
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest && used.MatchString(e.Said) {
		return nil
	}
	return err
}

// Stop ends the session of whoever publishes the broadcast.
func (c *Client) Stop(ctx context.Context, id string) error {
	c.Hide(id)
	var done struct {
		Success bool `json:"success"`
	}
	_, err := c.rest(ctx, http.MethodPost, nil, &done, nil, "broadcasts", url.PathEscape(id), "stop")
	if err == nil && !done.Success {
		return &Error{Cause: CauseDeclined, Status: http.StatusOK, words: "the server has no session to stop"}
	}
	return err
}

// Token fetches a one-time token to publish with; kind is token or jwt. expires
// is on the server's clock.
func (c *Client) Token(ctx context.Context, id, kind string, expires time.Time) (string, error) {
	c.Hide(id)
	path := "token"
	if kind == ByJWT {
		path = "jwt-token"
	}
	var t struct {
		ID string `json:"tokenId"`
	}
	_, err := c.rest(ctx, http.MethodGet, nil, &t, url.Values{
		"expireDate": {strconv.FormatInt(expires.Unix(), 10)}, "type": {"publish"},
	}, "broadcasts", url.PathEscape(id), path)
	var e *Error
	switch {
	case errors.As(err, &e) && (e.Cause == CauseDeclined || e.Cause == output.CauseAppUnknown):
		return "", &Error{Cause: output.CauseCredential, Status: e.Status, Said: e.Said,
			words: "the server gives no " + path + " to publish with: " + e.Said}
	case err == nil && t.ID == "":
		return "", &Error{Cause: CauseNonsense, Status: http.StatusOK, words: "the server's answer holds no " + path}
	}
	c.hush.mu.Lock()
	defer c.hush.mu.Unlock()
	if err == nil {
		c.hush.given = t.ID
	}
	return t.ID, err
}

// used recognises the words by which the server says that an id is there already.
var used = regexp.MustCompile(`(?i)already`)
