package configs

import (
	"fmt"
	"net"
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
		stream := streamOf(o.URL.Reveal())
		if targets[stream] && o.URL.Reveal() != "" {
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

// rtmpFaults is what is wrong with what follows rtmp[s]://.
func rtmpFaults(scheme, rest string) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if strings.Contains(rest, "#") {
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
		return []string{"the host is missing or no valid name: write a name or an address after ://"}
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
