package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control/past"
)

// System is what is told of the process and of the machine that it runs on. What
// is nil is not served.
type System struct {
	Versions func() Versions // nil: none are told
	Figures  func() Figures  // of the rooms, for the metrics; nil: none
	History  History
	Logs     Logs
	Levels   Levels
	Still    Still
	// Doctor looks at everything, as airloom doctor does.
	Doctor func(context.Context) ([]Finding, error)
	// Config is the config as it counts.
	Config func() (Effective, error)
}

// Versions are of airloom and of what it is made of.
type Versions struct {
	Airloom string `json:"airloom"`
	Go      string `json:"go"`
	FFmpeg  string `json:"ffmpeg"`
	X264    string `json:"x264"`
}

// History are the figures of the last day.
type History interface {
	// Since is the latest of them, in no more than so many points.
	Since(length time.Duration, points int, now time.Time) past.Stretch
}

// systemRoutes mounts what is there of it.
func (s *Server) systemRoutes(g *gin.RouterGroup) {
	sys := s.cfg.System
	if sys.Versions != nil {
		g.GET("/version", s.allow(Viewer), func(c *gin.Context) { c.JSON(http.StatusOK, sys.Versions()) })
	}
	if sys.History != nil {
		g.GET("/history", s.allow(Viewer), s.history)
	}
	if sys.Logs != nil {
		g.GET("/logs", s.allow(Operator), s.logs)
		g.GET("/logs/events", s.allow(Operator), s.logEvents)
	}
	if sys.Still != nil {
		g.GET("/still.jpg", s.allow(Viewer), s.still)
	}
	if sys.Doctor != nil {
		g.GET("/doctor", s.allow(Operator), s.doctor(make(chan struct{}, 1)))
	}
	if sys.Config != nil {
		g.GET("/config", s.allow(Admin), s.config)
	}
	g.GET("/users", s.allow(Admin), s.users)
}

// history answers with the figures of the last hours.
func (s *Server) history(c *gin.Context) {
	hours, ok := wholeNumber(c, "hours", 24, 1, 24)
	if !ok {
		return
	}
	points, ok := wholeNumber(c, "points", past.Steps, 1, past.Steps)
	if !ok {
		return
	}
	h := s.cfg.System.History.Since(time.Duration(hours)*time.Hour, points, time.Now())
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{
		"from": h.From.In(s.zone()), "step_s": int(h.Step / time.Second),
		"series": gin.H{
			"speed": h.Speed, "held": h.Held, "skipped": h.Skipped, "memory_mb": h.Memory, "cpu": h.CPU, "bitrate_kbps": h.Bitrate,
		},
	})
}

// zone is the channel's.
func (s *Server) zone() *time.Location {
	if zone, err := time.LoadLocation(s.cfg.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// signIn is somebody, or a program, who may come in.
type signIn struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Kind string `json:"kind"` // user or token
}

// users answers with who may come in; the config file is where that is changed.
func (s *Server) users(c *gin.Context) {
	list, all := s.gate.roster.Load(), []signIn{}
	for _, u := range list.users {
		all = append(all, signIn{u.name, u.role.String(), "user"})
	}
	slices.SortFunc(all, func(a, b signIn) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range list.tokens {
		all = append(all, signIn{t.name, t.role.String(), "token"})
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, all)
}
