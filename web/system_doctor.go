package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Finding is one thing that the doctor has looked at.
type Finding struct {
	Level  string `json:"level"` // ok, info, warning or error
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Why    string `json:"why"`    // it matters; "": that is plain
	Remedy string `json:"remedy"` // what to do; "": nothing
	Cause  string `json:"cause"`  // a fixed word for it; "": it has none
}

// Effective is the config as it counts, for people.
type Effective struct {
	File string      `json:"file"` // "": there is none
	Text string      `json:"text"` // YAML, with all defaults, without secrets
	Keys []ConfigKey `json:"keys"`
}

// ConfigKey is where a key stands: in the text, and in the file.
type ConfigKey struct {
	Key    string `json:"key"`
	Line   int    `json:"line"`    // in the text, from 1
	InFile *int   `json:"in_file"` // the line in the file; nil: it is the default
}

// examined is how long the doctor may take.
const examined = 45 * time.Second

// doctor answers with what it finds, to one after another: it costs the machine
// some seconds. busy holds one while it is at work.
func (s *Server) doctor(busy chan struct{}) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), examined)
		defer cancel()
		_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(examined + aWrite))
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		case <-ctx.Done():
			c.Header("Retry-After", "10")
			problem(c, http.StatusServiceUnavailable, "The doctor is busy with others who ask. Try again in a few seconds.")
			return
		}
		list, err := s.cfg.System.Doctor(ctx)
		if err != nil {
			problem(c, http.StatusServiceUnavailable, "The doctor could not finish. "+sentence(err))
			return
		}
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, list)
	}
}

// config answers with the config as it counts.
func (s *Server) config(c *gin.Context) {
	e, err := s.cfg.System.Config()
	if err != nil {
		problem(c, http.StatusInternalServerError, "The config cannot be shown. "+sentence(err))
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, e)
}
