package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

const (
	changeKey    = "airloom/change"
	commandPaths = "/api/v1/commands/"
)

// audit takes note of every change that somebody known asks for: who, from where,
// what, and how it went. The desk notes commands itself; signing in and out is
// noted where it is done.
func (s *Server) audit(c *gin.Context) {
	if safe(c.Request.Method) {
		return
	}
	began, whole := time.Now(), false
	defer func() {
		code := c.Writer.Status()
		if !whole { // a panic, which is answered after us
			code = http.StatusInternalServerError
		}
		s.noteChange(c, began, code)
	}()
	c.Next()
	whole = true
}

func (s *Server) noteChange(c *gin.Context, began time.Time, code int) {
	by := identified(c)
	refused := code == http.StatusUnauthorized || code == http.StatusForbidden
	switch {
	case by.role == Nobody || open[c.FullPath()]:
		return
	case strings.HasPrefix(c.FullPath(), commandPaths) && !refused:
		return
	}
	what := c.Request.Method + " " + c.Request.URL.Path
	if named, ok := c.Get(changeKey); ok {
		what = named.(string)
	}
	if what == "" {
		return
	}
	said := c.GetString(problemKey)
	if said == "" {
		said = strings.ToLower(http.StatusText(code))
	}
	s.note(control.Note{
		At: began, By: by.who.Name, Via: by.who.Via, From: by.who.From, Asked: what,
		OK: code < http.StatusBadRequest, Code: codeOf(code), Said: said, TookMS: time.Since(began).Milliseconds(),
	})
}

// codeOf is why a change came to nothing, as the desk would say it.
func codeOf(status int) control.Code {
	switch {
	case status < http.StatusBadRequest:
		return ""
	case status == http.StatusBadRequest:
		return control.Invalid
	case status == http.StatusNotFound:
		return control.Unknown
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return control.Conflict
	case status == http.StatusServiceUnavailable:
		return control.Unavailable
	}
	return control.Refused
}

// change names the change that a request makes, in words for the list of changes,
// such as "save main.yml"; "" keeps it out: a part of an upload is no change.
func change(c *gin.Context, what string) { c.Set(changeKey, what) }

// note hands a change to the list of them all.
func (s *Server) note(n control.Note) {
	if s.cfg.Note != nil {
		s.cfg.Note(n)
		return
	}
	s.log.Info("change "+n.Asked, "event", "change", "by", n.By, "via", n.Via, "from", n.From, "ok", n.OK, "said", n.Said)
}
