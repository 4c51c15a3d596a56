package configs

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"airloom/playlist/document"
)

// WebhookEvents are the words that webhooks[].events may hold.
var WebhookEvents = []string{
	"on-air", "fallback", "stopping", "publishing", "not-publishing", "arrival-proven", "arrival-lost",
	"alert-raised", "alert-cleared", "producer-ready", "producer-live", "producer-away",
}

// shortSecret is the length below which a secret can be guessed, in characters.
const shortSecret = 16

func (c *Config) validateWebhooks() {
	for i, w := range c.Webhooks {
		key := fmt.Sprintf("webhooks[%d]", i)
		c.webAddress(key+".url", w.URL.Reveal())
		switch secret := w.Secret.Reveal(); {
		case strings.HasPrefix(secret, "whsec_"):
			if _, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):]); err != nil {
				c.errorf(key+".secret", "after whsec_ the key is wanted in base64: correct it, or write another word without whsec_ in front")
			}
		case secret != "" && len(secret) < shortSecret:
			c.warnf(key+".secret", "it is short enough to be guessed: write %d characters or more", shortSecret)
		}
		for k, event := range w.Events {
			c.event(fmt.Sprintf("%s.events[%d]", key, k), event)
		}
	}
}

// webAddress checks where events are sent. Its path may be a secret.
func (c *Config) webAddress(key, text string) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		c.errorf(key, "it is missing: write where the events are sent to, such as https://ops.example/airloom")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.errorf(key, "this is no web address: write https://host/path")
	case u.Fragment != "":
		c.errorf(key, "a # has no place in it: write %%23 for one in a parameter")
	}
}

func (c *Config) event(key, event string) {
	if slices.Contains(WebhookEvents, event) {
		return
	}
	remedy := "write some of " + strings.Join(WebhookEvents, ", ")
	if near := document.Nearest(event, WebhookEvents); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	c.errorf(key, "there is no event %s: %s", c.reading.Quote(key, event), remedy)
}
