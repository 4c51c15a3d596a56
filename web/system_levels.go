package web

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/gin-gonic/gin"

	"airloom/playout/levels"
)

// Levels measure the sound that is sent, while anybody follows.
type Levels interface {
	// Follow has the levels told until end is called; who is late gets the latest.
	Follow() (news <-chan levels.Levels, end func())
}

// levels are those that a listener to events has asked for: none where it has not.
func (s *Server) levels(c *gin.Context) (news <-chan levels.Levels, end func()) {
	if s.cfg.System.Levels == nil || c.Query("levels") != "1" {
		return nil, func() {}
	}
	return s.cfg.System.Levels.Follow()
}

// levelsEvent is an event without an ID: nobody wants old ones.
func levelsEvent(l levels.Levels) []byte {
	data, _ := json.Marshal(struct {
		Peak      [2]float64 `json:"peak_db"`
		Momentary *float64   `json:"momentary_lufs"`
		Short     *float64   `json:"short_lufs"`
		Tick      int64      `json:"tick"`
	}{[2]float64{tenth(l.Peak[0]), tenth(l.Peak[1])}, known(l.Momentary), known(l.Short), l.Tick})
	return fmt.Appendf(nil, "event: levels\ndata: %s\n\n", data)
}

func tenth(v float64) float64 { return math.Round(10*v) / 10 }

func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	v = tenth(v)
	return &v
}
