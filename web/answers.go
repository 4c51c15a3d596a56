package web

import (
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// problem answers with an error as RFC 9457 has it.
func problem(c *gin.Context, code int, detail string) { problemWith(c, code, detail, nil) }

// problemWith has more to say, for programs.
func problemWith(c *gin.Context, code int, detail string, more gin.H) {
	c.Set(problemKey, detail)
	said := gin.H{"type": "about:blank", "title": http.StatusText(code), "status": code, "detail": detail}
	maps.Copy(said, more)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(code, said)
}

// policy lets the page load from here alone, with no script or style inside it.
// blob: is how a browser's media source is attached to a video element, how the
// player starts its worker, and how a picture that a script has made is shown.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// powers are what no page of ours asks a browser for.
const powers = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()"

// headers stand on every answer.
func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Permissions-Policy", powers)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// guard refuses, while we listen on loopback, requests that name another host: a
// page elsewhere could let its own name point here and then read the answers as
// its own (DNS rebinding).
func (s *Server) guard() gin.HandlerFunc {
	if a, ok := s.socket.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return func(*gin.Context) {}
	}
	allowed := map[string]bool{"localhost": true}
	if host, _, err := net.SplitHostPort(s.cfg.Listen); err == nil {
		allowed[strings.ToLower(host)] = true
	}
	for _, h := range s.cfg.Hosts {
		allowed[strings.ToLower(h)] = true
	}
	return func(c *gin.Context) {
		host := hostName(c.Request.Host)
		if allowed[host] || net.ParseIP(host).IsLoopback() {
			return
		}
		problem(c, http.StatusMisdirectedRequest, "This server answers on this machine only, under localhost.")
	}
}

// hostName is the name in a Host header, without port, brackets and last dot.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func (s *Server) health(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	if !s.channel.Healthy() {
		problem(c, http.StatusServiceUnavailable, "No ticks flow: the channel is starting, stopping or stuck.")
		return
	}
	c.String(http.StatusOK, "ok\n")
}

// status answers with the snapshot, and in a header with the time it was made
// at: a countdown is computed from our clock, not from the browser's.
func (s *Server) status(c *gin.Context) {
	st := s.channel.Status()
	filled(&st)
	c.Header("Cache-Control", "no-store")
	c.Header("Airloom-Time", time.Now().UTC().Format(time.RFC3339Nano))
	c.JSON(http.StatusOK, st)
}

// filled has no lists that are null.
func filled(st *control.Status) {
	if st.Outputs == nil {
		st.Outputs = []control.Output{}
	}
	if st.Alerts == nil {
		st.Alerts = []control.Alert{}
	}
}

// pageInfo is what the page needs to know once.
func (s *Server) pageInfo(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	hints := s.cfg.Hints
	if hints == nil {
		hints = []Hint{}
	}
	c.JSON(http.StatusOK, struct {
		Version string      `json:"version"`
		Zone    string      `json:"zone"`
		Clocks  []clockSpan `json:"clocks"`
		Preview string      `json:"preview"` // the playlist's path, "" where there is none
		Hints   []Hint      `json:"hints"`
	}{s.cfg.Version, s.cfg.Zone, clocksAround(zoneOf(s.cfg.Zone), time.Now()), s.preview(), hints})
}

// guide answers with what will air. Once it has begun to be written, a failure
// can only cut it short.
func (s *Server) guide(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "application/xml; charset=utf-8")
	if c.Request.Method == http.MethodHead {
		return
	}
	if err := s.cfg.Guide(c.Request.Context(), c.Writer); err != nil {
		if !c.Writer.Written() {
			problem(c, http.StatusServiceUnavailable, "There is no guide now. "+sentence(err))
		}
		s.log.Debug("the guide was not taken to its end", "cause", err)
		c.Abort()
	}
}

func (s *Server) preview() string {
	if s.cfg.Preview == nil {
		return ""
	}
	return "/preview/index.m3u8"
}
