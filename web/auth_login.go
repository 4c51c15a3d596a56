package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// me is who has signed in, for the page.
type me struct {
	Name string `json:"name"` // "" on loopback without users
	Role string `json:"role"`
	Via  string `json:"via"` // desk, token or loopback
	// Users says that there are any: who asks may sign out, or in as another.
	Users bool `json:"users"`
}

func (s *Server) signInRoutes(g *gin.RouterGroup) {
	g.POST("/login", s.login)
	g.POST("/logout", s.logout)
	g.GET("/me", func(c *gin.Context) {
		who := identified(c)
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, me{who.who.Name, who.role.String(), who.who.Via, len(s.gate.roster.Load().users) > 0})
	})
}

// wrong is the one answer to a wrong name and to a wrong password.
const wrong = "The name or the password is wrong."

// login opens a session for a name and a password. It takes the same time and
// says the same words whether the name is anybody's or not.
func (s *Server) login(c *gin.Context) {
	var given struct{ Name, Password string }
	if !bodied(c, &given, true) {
		return
	}
	list := s.gate.roster.Load()
	if len(list.users) == 0 {
		problem(c, http.StatusConflict, "There is nobody to sign in as: without users in the config, everybody on this machine may do everything.")
		return
	}
	if len(given.Name) > 64 || len(given.Password) > maxPassword {
		problem(c, http.StatusUnauthorized, wrong)
		return
	}
	from := addressOf(c.Request.RemoteAddr)
	hash, taken := s.gate.hash(list, given.Name)
	if wait := s.gate.limits.try(given.Name, taken, from, s.gate.now()); wait > 0 {
		seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
		c.Header("Retry-After", seconds)
		problem(c, http.StatusTooManyRequests, "There were too many wrong tries: wait "+seconds+" s, then try again.")
		return
	}
	right, err := s.gate.checks.check(c.Request.Context(), hash, given.Password)
	switch {
	case errors.Is(err, errBusy):
		c.Header("Retry-After", "1")
		problem(c, http.StatusServiceUnavailable, "Too many sign in at once: try again in a moment.")
	case err != nil: // who asked has gone
		c.Abort()
	case !right || !taken:
		name := given.Name
		if !taken {
			name = "(nobody's name)" // it may be a password in the wrong place
		}
		s.log.Warn("sign-in refused", "event", "sign-in-refused", "name", name, "from", from)
		problem(c, http.StatusUnauthorized, wrong)
	default:
		s.gate.limits.forgive(given.Name, from, s.gate.now())
		s.welcome(c, list.users[given.Name])
	}
}

// welcome begins a session with an id of its own: whatever cookie was brought
// along counts for nothing, and its session ends.
func (s *Server) welcome(c *gin.Context, u user) {
	if old, err := c.Request.Cookie(s.cookieName()); err == nil {
		s.gate.sessions.end(old.Value)
	}
	now := s.gate.now()
	s.setCookie(c, s.gate.sessions.begin(u, now), int(sessionMax/time.Second))
	s.note(control.Note{At: now, By: u.name, Via: "desk", From: addressOf(c.Request.RemoteAddr).String(), Asked: "sign in", OK: true, Said: "signed in as " + u.role.String()})
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, me{u.name, u.role.String(), "desk", true})
}

// logout ends the session, if there is one.
func (s *Server) logout(c *gin.Context) {
	if old, err := c.Request.Cookie(s.cookieName()); err == nil {
		if name := s.gate.sessions.end(old.Value); name != "" {
			s.note(control.Note{At: s.gate.now(), By: name, Via: "desk", From: addressOf(c.Request.RemoteAddr).String(), Asked: "sign out", OK: true, Said: "signed out"})
		}
	}
	s.setCookie(c, "", -1)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
}

func (s *Server) setCookie(c *gin.Context, value string, age int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.cert != nil, SameSite: http.SameSiteStrictMode,
	})
}
