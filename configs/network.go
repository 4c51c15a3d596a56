package configs

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// flvSpan is when FLV's clock of 31 bits of milliseconds runs out.
const flvSpan = (1 << 31) * time.Millisecond

func (c *Config) validateOutputs() {
	both := c.reading.Has("output") && c.reading.Has("outputs")
	switch {
	case both:
		c.reading.Errorf("outputs", "output and outputs together: keep one of them")
	case len(c.Outputs) == 0:
		c.reading.Errorf("outputs", `there is no output: write output: {url: "rtmp://host/LiveApp/stream"}`)
	}
	names, targets := map[string]bool{}, map[string]bool{}
	for _, o := range c.Outputs {
		if !id.MatchString(o.Name) {
			c.errorf(o.Key+".name", "%s is no name: use letters, digits, dot, dash and underscore", c.reading.Quote(o.Key+".name", o.Name))
		}
		if names[o.Name] {
			c.errorf(o.Key+".name", "another output has the name %s: write a different one", c.reading.Quote(o.Key+".name", o.Name))
		}
		c.validateTarget(o)
		stream, _, _ := strings.Cut(o.URL.Reveal(), "?")
		if targets[stream] && stream != "" {
			c.errorf(o.Key+".url", "another output sends there already, and a stream takes one sender: write another stream id")
		}
		names[o.Name], targets[stream] = true, true
		c.validateRenewal(o)
	}
}

func (c *Config) validateRenewal(o Output) {
	key := o.Key + ".renew_after"
	switch {
	case o.RenewAfter >= flvSpan:
		c.errorf(key, "%s is beyond FLV's clock, which ends after 596h31m: write 480h", short(o.RenewAfter))
	case o.RenewAfter < time.Second:
		c.errorf(key, "%s is too short: write 480h", short(o.RenewAfter))
	case o.RenewAfter < time.Hour:
		c.warnf(key, "each renewal disturbs the viewers, and %s is often: 480h is usual", short(o.RenewAfter))
	}
}

func (c *Config) validateTarget(o Output) {
	key := o.Key + ".url"
	if o.URL.Reveal() == "" {
		c.errorf(key, "the output has no URL: write url: \"rtmp://host/LiveApp/stream\"")
		return
	}
	for _, words := range targetFaults(o.URL.Reveal()) {
		c.errorf(key, "%s", words)
	}
}

var (
	id       = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	encoded  = regexp.MustCompile(`^([A-Za-z0-9._~:,@*!-]|%[0-9A-Fa-f]{2})*$`)
	hostName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// targetFaults is what is wrong with an RTMP URL, in words that do not hold the
// stream key. Servers take what is not of this form for another stream, or cut
// it, without a word, so it is refused before anything is sent.
func targetFaults(text string) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return []string{"this is no URL: write rtmp://host/app/stream"}
	case scheme != "rtmp" && scheme != "rtmps":
		return []string{fmt.Sprintf("this version of airloom sends by rtmp and rtmps, not by %q: write rtmp://host/app/stream", scheme)}
	case strings.Contains(rest, "#"):
		say("a # has no place in it: write %%23 for one in a parameter")
		rest, _, _ = strings.Cut(rest, "#")
	}
	place, query, asked := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(place, "/")
	faults = append(faults, hostFaults(authority)...)
	switch parts := strings.Split(path, "/"); {
	case len(parts) < 2 || parts[0] == "" || parts[1] == "":
		say("app and stream id are wanted after the host: write %s://host/app/stream", scheme)
	case len(parts) > 2:
		say("after the host come the app and the stream id alone, and servers take the second part for the id: remove the others")
	case !id.MatchString(parts[0]):
		say("the app may hold letters, digits, dot, dash and underscore only: rename it")
	case !id.MatchString(parts[1]):
		say("the stream id may hold letters, digits, dot, dash and underscore only: rename it")
	}
	if asked {
		faults = append(faults, queryFaults(query)...)
	}
	return faults
}

func hostFaults(authority string) []string {
	if strings.Contains(authority, "@") {
		return []string{"user and password in front of the host are not supported: write them as parameters, if the server takes such"}
	}
	host := authority
	if i := strings.LastIndex(authority, ":"); i >= 0 && !strings.HasSuffix(authority, "]") {
		host = authority[:i]
		if n, err := strconv.Atoi(authority[i+1:]); err != nil || n < 1 || n > 65535 {
			return []string{"the port after the host is no number of 1 to 65535: correct it, or leave it out for the usual one"}
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok && net.ParseIP(strings.TrimSuffix(inner, "]")) != nil {
		return nil
	}
	if !hostName.MatchString(host) {
		return []string{"the host is missing or no valid name: write rtmp://host/app/stream"}
	}
	return nil
}

func queryFaults(query string) []string {
	for param := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(param, "=")
		switch {
		case !ok || name == "":
			return []string{"each parameter after the ? must be name=value: add what is missing, or remove it"}
		case !encoded.MatchString(name) || !encoded.MatchString(value):
			return []string{"a parameter after the ? holds a character that must be percent-encoded: write %2F for /, %20 for a space, %2B for +, %3D for ="}
		}
	}
	return nil
}

// api checks antmedia.api: where the app's REST API is.
func (c *Config) api(text string) {
	const key = "antmedia.api"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.errorf(key, "this is no web address: write http://host:5080/LiveApp")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.errorf(key, "user, ? and # have no place in it: write http://host:5080/LiveApp, and the token in antmedia.token")
	case !id.MatchString(strings.Trim(u.Path, "/")):
		c.errorf(key, "the app's name is wanted after the host, and nothing more: write http://host:5080/LiveApp")
	}
}

// proxy is what does, for now, what the web room does not do yet.
const proxy = "keep web.listen on loopback and put a reverse proxy with sign-in before it"

// validateWeb refuses sign-in and TLS, which this version does not have: a
// channel that ignored them would be open to everybody. Their values are checked
// all the same.
func (c *Config) validateWeb() {
	w := c.Web
	if w.Listen != "" {
		c.listen(w)
	}
	if len(w.Users) > 0 {
		c.errorf("web.users", "this version cannot sign anybody in yet: remove this, "+proxy)
	}
	if w.TLS != (TLS{}) {
		c.errorf("web.tls", "this version cannot serve HTTPS yet: remove this, "+proxy)
	}
	if (w.TLS.Cert == "") != (w.TLS.Key == "") {
		has, lacks := "cert", "key"
		if w.TLS.Cert == "" {
			has, lacks = lacks, has
		}
		c.errorf("web.tls."+has, "it needs web.tls.%s beside it: add that, or remove both", lacks)
	}
	names := map[string]bool{}
	for i, u := range w.Users {
		key := fmt.Sprintf("web.users[%d]", i)
		c.user(key, u)
		if names[u.Name] && u.Name != "" {
			c.errorf(key+".name", "another user has the name %s: keep one", c.reading.Quote(key+".name", u.Name))
		}
		names[u.Name] = true
	}
}

func (c *Config) listen(w Web) {
	const key = "web.listen"
	host, port, err := net.SplitHostPort(w.Listen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		c.errorf(key, "%s is no address to listen on: write 127.0.0.1:8080", c.reading.Quote(key, w.Listen))
		return
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		c.errorf(key, "%s can be reached from other machines, and this version cannot sign anybody in yet: write 127.0.0.1:%s and put a reverse proxy with sign-in before it", c.reading.Quote(key, w.Listen), port)
	}
}

var passwordHash = regexp.MustCompile(`^(\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}|\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,})$`)

func (c *Config) user(key string, u User) {
	if !c.reading.Has(key + ".name") {
		c.errorf(key, "the user has no name: add name")
	} else if !userName.MatchString(u.Name) {
		c.errorf(key+".name", "%s is no name: use up to 64 letters, digits, dot, dash, underscore and @", c.reading.Quote(key+".name", u.Name))
	}
	switch hash := u.PasswordHash.Reveal(); {
	case !c.reading.Has(key + ".password_hash"):
		c.errorf(key, "the user has no password_hash: add a bcrypt or argon2id hash")
	case !passwordHash.MatchString(hash):
		c.errorf(key+".password_hash", "this is neither a bcrypt nor an argon2id hash: write one, in quotes")
	}
	c.oneOf(key+".role", u.Role, "viewer", "operator")
}

var userName = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)
