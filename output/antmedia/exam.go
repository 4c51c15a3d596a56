package antmedia

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// What follows is for who examines a server: a channel on air needs none of it.

// Tested is the version that the tests speak with.
const Tested = "2.17.1"

// Holder says who holds the id, and since when, as far as the server tells.
func (a Answer) Holder(now time.Time) string { return holder(a, now) }

// Outside says why the broadcast may not be published at the answer's time; "": it may.
func (a Answer) Outside() string { return a.outside() }

// Offset is by how much the server's clock is ahead of ours, to a second; ok is false
// where the server does not tell its time. took is how long the answer took.
func (a Answer) Offset(took time.Duration) (ahead time.Duration, ok bool) {
	if a.Date.IsZero() {
		return 0, false
	}
	// It tells whole seconds, so that on average it is half of one later.
	return a.Date.Add(time.Second / 2).Sub(a.At.Add(-took / 2)), true
}

// Query is the parameters that show that we may publish under the id, at that moment
// of the server's clock.
func (c Credential) Query(ctx context.Context, api *Client, id string, now time.Time) (string, error) {
	return c.query(ctx, api, id, now)
}

// Delete has the server forget a broadcast.
func (c *Client) Delete(ctx context.Context, id string) error {
	c.Hide(id)
	_, err := c.rest(ctx, http.MethodDelete, nil, &struct{}{}, nil, "broadcasts", url.PathEscape(id))
	return err
}

// Playlist is the text of the stream's HLS playlist; "" where there is none.
func (c *Client) Playlist(ctx context.Context, id string) (string, error) {
	c.Hide(id)
	r, err := c.ask(ctx, http.MethodGet, nil, nil, "streams", id+".m3u8")
	switch {
	case err != nil:
		return "", err
	case r.status == http.StatusNotFound:
		return "", nil
	case r.status != http.StatusOK:
		return "", c.refused(r)
	}
	return string(r.body), nil
}
