package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// identity is who asks.
type identity struct {
	who     control.Who
	role    Role
	session *session // of a person
	done    func()   // gives the session back
	bad     bool     // a token was shown, and it is none of ours
}

const (
	identityKey = "airloom/identity"
	problemKey  = "airloom/problem"
	// loopbackVia is how everybody comes in where there are no users.
	loopbackVia = "loopback"
)

// open is what everybody gets: nothing of the channel is in it. What no route is
// for is told to everybody, too.
var open = map[string]bool{
	"": true, "/": true, "/assets/*name": true, "/healthz": true,
	"/api/v1/login": true, "/api/v1/logout": true,
}

// ground is what every request passes, in this order, before its route's handler.
func (s *Server) ground() []gin.HandlerFunc {
	return []gin.HandlerFunc{s.transport, s.sameOrigin(), s.audit, s.admit}
}

// transport has browsers stay with HTTPS once they have come by it.
func (s *Server) transport(c *gin.Context) {
	if s.cert != nil {
		c.Header("Strict-Transport-Security", hsts)
	}
}

// sameOrigin refuses changes that another site's page asks a browser for.
func (s *Server) sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if protection.Check(c.Request) != nil {
			problem(c, http.StatusForbidden, "This request comes from a page of another site. Use this server's own page, or a program with a token.")
		}
	}
}

// admit finds out who asks, and lets nobody pass whom a later handler would have
// to keep out by itself: what is not open takes a viewer, a change an operator.
func (s *Server) admit(c *gin.Context) {
	who := s.gate.identify(c.Request, s.cookieName())
	c.Set(identityKey, who)
	if who.session != nil {
		defer who.done()
		// What is answered for long, such as events, ends with the session.
		ctx, cancel := context.WithCancel(c.Request.Context())
		defer cancel()
		defer context.AfterFunc(who.session.life, cancel)()
		c.Request = c.Request.WithContext(ctx)
	}
	may, must := s.pulls(c)
	switch {
	case open[c.FullPath()] || may:
	case must && who.who.Via == loopbackVia:
		problem(c, http.StatusUnauthorized, "Show the token of hls.token, as ?token=….")
	case safe(c.Request.Method):
		demand(c, Viewer)
	default:
		demand(c, Operator)
	}
	c.Next() // does nothing after a problem
}

// allow lets requests of this role and above pass; the others are told why not.
func (s *Server) allow(role Role) gin.HandlerFunc {
	return func(c *gin.Context) { demand(c, role) }
}

func demand(c *gin.Context, role Role) {
	switch who := identified(c); {
	case who.role >= role:
	case who.bad:
		c.Header("WWW-Authenticate", `Bearer realm="airloom", error="invalid_token"`)
		problem(c, http.StatusUnauthorized, "This token is not known here: airloom passwd --token makes one, and its hash belongs into web.tokens.")
	case who.role == Nobody:
		c.Header("WWW-Authenticate", `Bearer realm="airloom"`)
		problem(c, http.StatusUnauthorized, "Sign in first, or show a token.")
	default:
		problem(c, http.StatusForbidden, "This takes the role "+role.String()+"; yours is "+who.role.String()+".")
	}
}

// identified is who was found to ask.
func identified(c *gin.Context) identity {
	who, _ := c.Get(identityKey)
	id, _ := who.(identity)
	return id
}

// who is who asks, for commands and the list of changes.
func who(c *gin.Context) control.Who { return identified(c).who }

// identify finds out who asks. A token goes before a session: who shows a wrong
// one is nobody.
func (g *gate) identify(r *http.Request, cookie string) identity {
	from := addressOf(r.RemoteAddr).String()
	list := g.roster.Load()
	if len(list.users) == 0 {
		return identity{who: control.Who{Via: loopbackVia}, role: Admin}
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		t, ok := list.token(token)
		if !ok {
			return identity{bad: true}
		}
		return identity{who: control.Who{Name: t.name, Via: "token", From: from}, role: t.role}
	}
	shown, err := r.Cookie(cookie)
	if err != nil {
		return identity{}
	}
	session, done := g.sessions.use(shown.Value, g.now())
	if session == nil {
		return identity{}
	}
	u, ok := g.roster.Load().users[session.user]
	if !ok || u.hash != session.hash {
		done(g.now()) // he has just been taken out; keep ends the session
		return identity{}
	}
	return identity{
		who: control.Who{Name: u.name, Via: "desk", From: from}, role: u.role,
		session: session, done: func() { done(g.now()) },
	}
}

// cookieName is the session's. Browsers keep cookies by host alone, and several
// channels on one machine would take each other's: so it holds the port. Under
// TLS its prefix has browsers see to it that only this host can set it.
func (s *Server) cookieName() string {
	name := "airloom-" + strconv.Itoa(s.port)
	if s.cert != nil {
		return "__Host-" + name
	}
	return name
}

// safe reports whether requests of the method change nothing.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// secure prepares who may come in and how, before anything is served.
func (s *Server) secure() (err error) {
	if a, ok := s.socket.Addr().(*net.TCPAddr); ok {
		s.port = a.Port
	}
	if len(s.cfg.Users) == 0 && !loopback(s.socket.Addr()) {
		return fmt.Errorf("serve the page on %s: other machines can reach it, and it would be open to all: add web.users, or write 127.0.0.1 in web.listen", s.cfg.Listen)
	}
	if s.gate, err = newGate(s.cfg.Users, s.cfg.Tokens); err != nil {
		return err
	}
	if s.cfg.TLS != (TLS{}) {
		s.cert, err = openCertificate(s.cfg.TLS, s.log)
	}
	return err
}

// serve serves until the server is shut down.
func (s *Server) serve(ctx context.Context) error {
	guests := newCrowd(s.socket)
	if s.cert == nil {
		return s.http.Serve(guests)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go s.cert.watch(ctx, certLook) // not waited for: storage may hang
	s.http.TLSConfig = s.cert.config()
	return s.http.ServeTLS(guests, "", "")
}
