package configs

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
)

// minKey is the shortest stream key that may guard a listener.
const minKey = 8

// producers fills in what each left out.
func (c *Config) producers() {
	for i := range c.Ingest.Producers {
		p := &c.Ingest.Producers[i]
		p.OnLive, p.Plan = cmp.Or(p.OnLive, "cut"), cmp.Or(p.Plan, "waits")
	}
}

func (c *Config) validateIngest() {
	in := c.Ingest
	if in.Listen == "" {
		if len(in.Producers) > 0 {
			c.errorf("ingest.producers", "there is nowhere to send to: set ingest.listen, such as 127.0.0.1:1936")
		}
		return
	}
	c.ingestListen(in.Listen)
	if len(in.Producers) == 0 {
		c.errorf("ingest.listen", "nobody may send there: add ingest.producers, or remove the line")
	}
	names, keys := map[string]bool{}, map[string]bool{}
	for i, p := range in.Producers {
		at := fmt.Sprintf("ingest.producers[%d]", i)
		switch {
		case p.Name == "":
			c.errorf(at, "the producer has no name: add name")
		case !id.MatchString(p.Name) || len(p.Name) > 64:
			c.errorf(at+".name", "%s is no name: use up to 64 letters, digits, dot, dash and underscore", c.reading.Quote(at+".name", p.Name))
		case names[p.Name]:
			c.errorf(at+".name", "another producer has the name %s: write a different one", c.reading.Quote(at+".name", p.Name))
		}
		switch key := p.Key.Reveal(); {
		case key == "":
			c.errorf(at, "the producer has no key: add key, of %d characters or more", minKey)
		case len(key) < minKey:
			c.errorf(at+".key", "it is too short to guard anything: write %d characters or more", minKey)
		case !id.MatchString(key) || len(key) > 256:
			c.errorf(at+".key", "it holds what cannot stand in an address: use letters, digits, dot, dash and underscore, 256 at most")
		case keys[key]:
			c.errorf(at+".key", "another producer has the same key: write a different one")
		}
		names[p.Name], keys[p.Key.Reveal()] = true, true
		c.oneOf(at+".on_live", p.OnLive, "cut", "next")
		c.oneOf(at+".plan", p.Plan, "waits", "runs")
	}
}

// ingestListen complains about an address that cannot be listened on, and tells what
// RTMP does not hide.
func (c *Config) ingestListen(addr string) {
	const key = "ingest.listen"
	host, port, err := net.SplitHostPort(addr)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		c.errorf(key, "%s is no address to listen on: write 127.0.0.1:1936", c.reading.Quote(key, addr))
		return
	}
	if addr == c.Web.Listen && port != "0" {
		c.errorf(key, "the web server listens there: write another port")
		return
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		c.warnf(key, "RTMP crosses the network in the clear, stream keys included: use it within a network of your own, or put a tunnel before it")
	}
}
