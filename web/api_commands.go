package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// Desk takes the commands; [control.Desk] is one. Each answers once it has taken
// effect on air, or with a [control.Refusal].
type Desk interface {
	Skip(ctx context.Context, who control.Who, item string) (control.Answer, error)
	Back(ctx context.Context, who control.Who, item string) (control.Answer, error)
	Restart(ctx context.Context, who control.Who, item string) (control.Answer, error)
	Seek(ctx context.Context, who control.Who, item string, to time.Duration) (control.Answer, error)
	Take(ctx context.Context, who control.Who, t control.Take) (control.Answer, error)
	// UndoOf takes back the change that can be undone until then; zero: the last.
	UndoOf(ctx context.Context, who control.Who, until time.Time) (control.Answer, error)
	Hold(ctx context.Context, who control.Who, on bool) (control.Answer, error)
	Slate(ctx context.Context, who control.Who, on bool) (control.Answer, error)
	Live(ctx context.Context, who control.Who, producer string, on bool) (control.Answer, error)
	Reload(ctx context.Context, who control.Who) (control.Answer, error)
	StopOutput(ctx context.Context, who control.Who, name string) (control.Answer, error)
	StartOutput(ctx context.Context, who control.Who, name string) (control.Answer, error)
	Lift(ctx context.Context, who control.Who, version string) (control.Answer, error)
	// Notes are the latest commands, newest first.
	Notes() []control.Note
	// Since are those after the first so many, oldest first, and how many there have
	// been; it returns at once.
	Since(first int) (list []control.Note, noted int)
	// Quarantine is what is left out of the programme.
	Quarantine() []control.Banned
}

func (s *Server) commandRoutes(g *gin.RouterGroup) {
	d := s.cfg.Desk
	post := func(path string, h gin.HandlerFunc) { g.POST("/commands/"+path, s.allow(Operator), h) }
	post("skip", ofItem(d.Skip))
	post("back", ofItem(d.Back))
	post("restart", ofItem(d.Restart))
	post("seek", s.seek)
	post("take", s.take)
	post("undo", s.undo)
	post("hold", onOff(d.Hold))
	post("slate", onOff(d.Slate))
	post("live", s.goLive)
	post("reload", plain(d.Reload))
	post("output/:name/start", named(d.StartOutput))
	post("output/:name/stop", named(d.StopOutput))
	post("quarantine/lift", s.lift)
	g.GET("/commands", s.allow(Viewer), s.notes)
	g.GET("/quarantine", s.allow(Viewer), s.quarantine)
}

// answer tells what came of a command.
func answer(c *gin.Context, a control.Answer, err error) {
	if err != nil {
		refused(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, a)
}

// ofItem is a command about the item on air, which may be named.
func ofItem(do func(context.Context, control.Who, string) (control.Answer, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var r struct {
			Item string `json:"item"`
		}
		if !bodied(c, &r, false) {
			return
		}
		a, err := do(c.Request.Context(), who(c), r.Item)
		answer(c, a, err)
	}
}

// plain is a command that needs no words.
func plain(do func(context.Context, control.Who) (control.Answer, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !bodied(c, &struct{}{}, false) {
			return
		}
		a, err := do(c.Request.Context(), who(c))
		answer(c, a, err)
	}
}

// undo takes a change back; named by its undo_until, only that.
func (s *Server) undo(c *gin.Context) {
	var r struct {
		Until time.Time `json:"until"`
	}
	if !bodied(c, &r, false) {
		return
	}
	a, err := s.cfg.Desk.UndoOf(c.Request.Context(), who(c), r.Until)
	answer(c, a, err)
}

// onOff is a switch.
func onOff(do func(context.Context, control.Who, bool) (control.Answer, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var r struct {
			On *bool `json:"on"`
		}
		if !bodied(c, &r, true) {
			return
		}
		if r.On == nil {
			problem(c, http.StatusBadRequest, `Say which: {"on": true} or {"on": false}.`)
			return
		}
		a, err := do(c.Request.Context(), who(c), *r.On)
		answer(c, a, err)
	}
}

// goLive puts a producer on air, or takes one off.
func (s *Server) goLive(c *gin.Context) {
	var r struct {
		Producer string `json:"producer"`
		On       *bool  `json:"on"`
	}
	if !bodied(c, &r, true) {
		return
	}
	if r.Producer == "" || r.On == nil {
		problem(c, http.StatusBadRequest, `Say who, and which: {"producer": NAME, "on": true}.`)
		return
	}
	a, err := s.cfg.Desk.Live(c.Request.Context(), who(c), r.Producer, *r.On)
	answer(c, a, err)
}

// named is a command about what the path names.
func named(do func(context.Context, control.Who, string) (control.Answer, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !bodied(c, &struct{}{}, false) {
			return
		}
		a, err := do(c.Request.Context(), who(c), c.Param("name"))
		answer(c, a, err)
	}
}

// maxSeek is beyond the end of anything, in milliseconds.
const maxSeek = 1000 * 60 * 60 * 24 * 30

func (s *Server) seek(c *gin.Context) {
	var r struct {
		Item string `json:"item"`
		ToMS *int64 `json:"to_ms"`
	}
	if !bodied(c, &r, true) {
		return
	}
	if r.ToMS == nil || *r.ToMS < 0 || *r.ToMS > maxSeek {
		problem(c, http.StatusBadRequest, `Say where to, in milliseconds from the item's beginning, such as {"to_ms": 90000}.`)
		return
	}
	a, err := s.cfg.Desk.Seek(c.Request.Context(), who(c), r.Item, time.Duration(*r.ToMS)*time.Millisecond)
	answer(c, a, err)
}

func (s *Server) take(c *gin.Context) {
	var r struct {
		Playlist string `json:"playlist"`
		Item     string `json:"item"`
		Index    *int   `json:"index"`
		Version  string `json:"version"`
		Next     bool   `json:"next"`
	}
	if !bodied(c, &r, true) {
		return
	}
	t := control.Take{Playlist: r.Playlist, Item: r.Item, Version: r.Version, Next: r.Next}
	switch {
	case r.Item == "" && r.Index == nil:
		problem(c, http.StatusBadRequest, `Name what to take: {"item": ID}, or {"playlist": FILE, "index": N} with N counted from 0.`)
		return
	case r.Item == "" && r.Playlist == "":
		problem(c, http.StatusBadRequest, "An index needs its playlist beside it.")
		return
	case r.Item == "":
		t.Index = *r.Index
	}
	a, err := s.cfg.Desk.Take(c.Request.Context(), who(c), t)
	answer(c, a, err)
}

func (s *Server) lift(c *gin.Context) {
	var r struct {
		Version string `json:"version"`
	}
	if !bodied(c, &r, true) {
		return
	}
	if r.Version == "" {
		problem(c, http.StatusBadRequest, `Say which: {"version": VERSION}, as /api/v1/quarantine has it.`)
		return
	}
	a, err := s.cfg.Desk.Lift(c.Request.Context(), who(c), r.Version)
	answer(c, a, err)
}

// notes are without the addresses that they came from, for who may change nothing.
func (s *Server) notes(c *gin.Context) {
	notes := s.cfg.Desk.Notes()
	if identified(c).role < Operator {
		for i := range notes {
			notes[i].From = ""
		}
	}
	list(c, notes)
}

func (s *Server) quarantine(c *gin.Context) { list(c, s.cfg.Desk.Quarantine()) }

// list answers with a list, which is never null.
func list[T any](c *gin.Context, l []T) {
	if l == nil {
		l = []T{}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, l)
}
