package antmedia

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hush is what a server may say back to us, and nobody else is to read.
type hush struct {
	mu    sync.Mutex
	kept  []string // for good
	given string   // the last token that the server gave
}

// Hide takes the secrets out of whatever the server says from now on.
func (c *Client) Hide(secrets ...string) {
	c.hush.mu.Lock()
	defer c.hush.mu.Unlock()
	for _, s := range secrets {
		if s != "" && !slices.Contains(c.hush.kept, s) {
			c.hush.kept = append(c.hush.kept, s)
		}
	}
}

// bearer is a token that need not be ours.
var bearer = regexp.MustCompile(`(?i)\bbearer\s+\S+`)

// hushed is the words without what is hidden, as it is and as it stands in an address,
// in letters of any size.
func (c *Client) hushed(words string) string {
	c.hush.mu.Lock()
	secrets := append(slices.Clone(c.hush.kept), c.hush.given)
	c.hush.mu.Unlock()
	var forms []string
	for _, s := range secrets {
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s))
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // one may hold the other
	words = bearer.ReplaceAllString(words, "Bearer …")
	for _, f := range forms {
		if f != "" {
			words = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(strings.ToValidUTF8(f, "?"))).ReplaceAllString(words, "…")
		}
	}
	return words
}
