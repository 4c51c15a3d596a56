package configs

import (
	"encoding/base32"
	"net/url"
	"strings"
)

// ForAntMedia reports whether the antmedia section is meant for the output: it
// sends by RTMP to the app and host of antmedia.api; where there is only one
// output, to the app alone, since an API may be reached by another name.
func (c *Config) ForAntMedia(o Output) bool {
	api, err := url.Parse(c.AntMedia.API)
	if err != nil || c.AntMedia.API == "" {
		return false
	}
	u, err := url.Parse(o.URL.Reveal())
	if err != nil || u.Scheme != "rtmp" && u.Scheme != "rtmps" {
		return false
	}
	app, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return app == strings.Trim(api.Path, "/") &&
		(len(c.Outputs) == 1 || strings.EqualFold(u.Hostname(), api.Hostname()))
}

func (c *Config) validateAntMedia() {
	a := c.AntMedia
	c.oneOf("antmedia.publish.by", a.Publish.By, "none", "token", "jwt", "totp", "hash")
	c.validatePublish(a.Publish)
	if a.API == "" {
		if a.Takeover {
			c.errorf("antmedia.takeover", "there is no server to ask: set antmedia.api, or remove the line")
		}
		if c.reading.Has("antmedia.token") {
			c.warnf("antmedia.token", "it has no effect without antmedia.api")
		}
		return
	}
	if !c.api(a.API) {
		return
	}
	for _, o := range c.Outputs {
		if c.ForAntMedia(o) {
			return
		}
	}
	c.errorf("antmedia.api", "no output sends by RTMP to this app%s: write the app of an output's url, or remove the line",
		map[bool]string{true: " on this host"}[len(c.Outputs) > 1])
}

// validatePublish holds what each way of showing that we may publish needs.
func (c *Config) validatePublish(p Publish) {
	const by, secret = "antmedia.publish.by", "antmedia.publish.secret"
	switch p.By {
	case "token", "jwt", "totp", "hash":
		if c.AntMedia.API == "" {
			c.errorf(by, "it is done for the outputs of antmedia.api: set that, too")
		}
	}
	switch wants := p.By == "totp" || p.By == "hash"; {
	case wants && p.Secret.Reveal() == "":
		c.errorf(by, "%s needs the secret that the server has: write it in antmedia.publish.secret", p.By)
	case p.By == "totp" && !base32Secret(p.Secret.Reveal()):
		c.errorf(secret, "a one-time password's secret is base32, A to Z and 2 to 7: write the subscriber's b32Secret")
	}
	if p.By == "totp" && p.Subscriber == "" {
		c.errorf(by, "totp needs the subscriber's id: write it in antmedia.publish.subscriber")
	}
}

func base32Secret(text string) bool {
	text = strings.TrimRight(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "=")
	_, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	return err == nil && text != ""
}

// api checks antmedia.api: where the app's REST API is.
func (c *Config) api(text string) bool {
	const key = "antmedia.api"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.errorf(key, "this is no web address: write http://host:5080/LiveApp")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.errorf(key, "user, ? and # have no place in it: write http://host:5080/LiveApp, and the token in antmedia.token")
	case !id.MatchString(strings.Trim(u.Path, "/")):
		c.errorf(key, "the app's name is wanted after the host, and nothing more: write http://host:5080/LiveApp")
	default:
		return true
	}
	return false
}
