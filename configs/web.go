package configs

import (
	"encoding/base64"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

func (c *Config) validateWeb() {
	w := c.Web
	if w.Listen != "" {
		c.listen(w)
	}
	if (w.TLS.Cert == "") != (w.TLS.Key == "") {
		has, lacks := "cert", "key"
		if w.TLS.Cert == "" {
			has, lacks = lacks, has
		}
		c.errorf("web.tls."+has, "it needs web.tls.%s beside it: add that, or remove both", lacks)
	}
	names := map[string]string{}
	for i, u := range w.Users {
		key := fmt.Sprintf("web.users[%d]", i)
		c.named(key, "user", u.Name, names)
		c.password(key, u.PasswordHash.Reveal())
		c.oneOf(key+".role", u.Role, "viewer", "operator", "admin")
	}
	for i, t := range w.Tokens {
		key := fmt.Sprintf("web.tokens[%d]", i)
		c.named(key, "token", t.Name, names)
		c.token(key, t.Hash.Reveal())
		c.oneOf(key+".role", t.Role, "viewer", "operator", "admin")
	}
	if len(w.Tokens) > 0 && len(w.Users) == 0 {
		c.errorf("web.tokens", "without users everybody on this machine may do everything, and tokens keep nobody out: add web.users, or remove this")
	}
}

// listen complains about an address that others can reach, unless they have to
// sign in there.
func (c *Config) listen(w Web) {
	const key = "web.listen"
	host, port, err := net.SplitHostPort(w.Listen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		c.errorf(key, "%s is no address to listen on: write 127.0.0.1:8080", c.reading.Quote(key, w.Listen))
		return
	}
	ip := net.ParseIP(host)
	here := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case !here && len(w.Users) == 0:
		c.errorf(key, "%s can be reached from other machines, and nobody has to sign in there: add web.users (airloom passwd makes the hash), or write 127.0.0.1:%s", c.reading.Quote(key, w.Listen), port)
	case !here && w.TLS == (TLS{}):
		c.warnf(key, "passwords and all else cross the network in the clear: set web.tls, or write 127.0.0.1:%s and put a reverse proxy with HTTPS before it", port)
	}
}

var personName = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

// NameFault says what is wrong with the name of a user or a token, or "".
func NameFault(name string) string {
	if personName.MatchString(name) {
		return ""
	}
	return "use up to 64 letters, digits, dot, dash, underscore and @"
}

// named checks the name of a user or token. They share the names, so that the log
// of changes tells them apart.
func (c *Config) named(key, what, name string, names map[string]string) {
	if !c.reading.Has(key + ".name") {
		c.errorf(key, "the %s has no name: add name", what)
		return
	}
	if fault := NameFault(name); fault != "" {
		c.errorf(key+".name", "%s is no name: %s", c.reading.Quote(key+".name", name), fault)
	} else if other := names[name]; other != "" {
		c.errorf(key+".name", "another %s has the name %s: keep one", other, c.reading.Quote(key+".name", name))
	}
	names[name] = what
}

var passwordHash = regexp.MustCompile(`^\$argon2id\$v=19\$m=([1-9]\d{0,8}),t=([1-9]\d{0,8}),p=([1-9]\d{0,8})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$`)

// What a hash may cost, as it is worked out beside the air; and what it has to:
// with less than OWASP's Password Storage Cheat Sheet asks for (7 MiB five times,
// or 19 MiB twice), guessing is quick.
const (
	maxHashMemory  = 128 << 10 // KiB
	maxHashPasses  = 10
	maxHashThreads = 8
	minHashMemory  = 7 << 10
	minHashWork    = 5 * minHashMemory // memory times passes
)

func (c *Config) password(key, hash string) {
	if !c.reading.Has(key + ".password_hash") {
		c.errorf(key, "the user has no password_hash: add what airloom passwd prints")
		return
	}
	key += ".password_hash"
	parts := passwordHash.FindStringSubmatch(hash)
	switch {
	case strings.HasPrefix(hash, "$2"):
		c.errorf(key, "this is a bcrypt hash, and only argon2id is taken: write what airloom passwd prints, in quotes")
		return
	case parts == nil:
		c.errorf(key, "this is no argon2id hash: write what airloom passwd prints, in quotes")
		return
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(parts[i+1]) // digits, and few
	}
	switch memory, passes, threads := n[0], n[1], n[2]; {
	case memory < 8*threads || !base64Of(parts[4]) || !base64Of(parts[5]):
		c.errorf(key, "this is no argon2id hash: write what airloom passwd prints, in quotes")
	case memory > maxHashMemory || passes > maxHashPasses || threads > maxHashThreads:
		c.errorf(key, "this hash takes too much memory or time to check beside a channel (at most m=%d,t=%d,p=%d): write what airloom passwd prints", maxHashMemory, maxHashPasses, maxHashThreads)
	case memory < minHashMemory || memory*passes < minHashWork:
		c.warnf(key, "this hash is quick to guess at: write what airloom passwd prints")
	}
}

func base64Of(text string) bool {
	_, err := base64.RawStdEncoding.Strict().DecodeString(text)
	return err == nil
}

var tokenHash = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (c *Config) token(key, hash string) {
	if !c.reading.Has(key + ".hash") {
		c.errorf(key, "the token has no hash: add what airloom passwd --token prints")
	} else if !tokenHash.MatchString(hash) {
		c.errorf(key+".hash", "this is no hash of a token: write the one that airloom passwd --token prints, in quotes")
	}
}
