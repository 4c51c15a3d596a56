package web

import (
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"airloom/playlist"
	"airloom/playlist/library"
)

// Effects is what saving a draft would change on air.
type Effects struct {
	Until    string            // up to when that is told, as [Millis] has it
	First    *string           // when the first of it shows; nil: nothing changes
	Airs     []Airs            // one for each of the draft's items
	Changes  []Effect          // in the order of time
	More     int               // changes that are not told
	Problems playlist.Problems // of the draft, which show only beside the other playlists
}

// Airs is when an item of a draft would air next, within what is looked at.
type Airs struct {
	StartsAt *string `json:"starts_at"` // null: it does not
	EndsAt   *string `json:"ends_at"`   // null: it does not, or no end is in sight
	Kind     *string `json:"kind"`      // base, hard, soft or take; null: it does not
	Cut      bool    `json:"cut"`       // it is taken off before its end
}

// DraftItem is an item of a draft, and when it would air.
type DraftItem struct {
	Index   int      `json:"index"`
	ID      string   `json:"id"`
	LengthS *float64 `json:"length_s"` // of all its airings in a row; null: not known, or none of its own
	Plays   bool     `json:"plays"`
	Why     string   `json:"why"` // it does not play, or its length is not known
	Airs
}

// Effect is one thing that saving would change on air.
type Effect struct {
	At       string  `json:"at"`
	Kind     string  `json:"kind"` // added, removed, moved, retimed or cut
	Title    string  `json:"title"`
	Playlist string  `json:"playlist"`
	Index    *int    `json:"index"`    // in the draft; null: it is of another playlist, or gone
	Mode     string  `json:"mode"`     // why it airs; slate: nothing does
	WasAt    *string `json:"was_at"`   // null: it would not have aired
	LaterS   float64 `json:"later_s"`  // negative: earlier
	LongerS  float64 `json:"longer_s"` // negative: shorter
	Count    int     `json:"count"`    // how many entries in a row are retimed so, it among them
	Times    int     `json:"times"`    // how often it comes about
	Note     string  `json:"note"`     // for people
}

// effectsAnswer is what the API says of a draft.
type effectsAnswer struct {
	Until         *string     `json:"until"`
	FirstChangeAt *string     `json:"first_change_at"`
	TotalS        float64     `json:"total_s"`
	Unknown       int         `json:"unknown"`
	Items         []DraftItem `json:"items"`
	Changes       []Effect    `json:"changes"`
	More          int         `json:"more"`
	Problems      []Problem   `json:"problems"`
}

// effects tells what saving a draft would change on air, and saves nothing.
func (s *Server) effects(c *gin.Context) {
	change(c, "")
	name, raw, ok := s.draft(c)
	if !ok {
		return
	}
	ctx, cancel := soon(c)
	defer cancel()
	done, ok := s.look(c)
	if !ok {
		return
	}
	defer done()
	e, ok := s.sent(ctx, c, name, library.Any, raw, contentType(c), "")
	if !ok {
		return
	}
	answer := effectsAnswer{Items: []DraftItem{}, Changes: []Effect{}}
	if e.list != nil && !e.problems.Fatal() {
		x, err := s.cfg.Plan.Effects(ctx, e.list)
		if err != nil {
			problem(c, http.StatusServiceUnavailable, sentence(err))
			return
		}
		e.problems = append(e.problems, x.Problems...)
		answer.tell(x, s.items(e.list))
	}
	answer.Problems = problemsOf(e.problems, e.lines())
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, answer)
}

// tell puts in what saving changes, and the draft's items, which are as many as airs.
func (a *effectsAnswer) tell(x Effects, items []ShownItem) {
	a.Until, a.FirstChangeAt, a.More = &x.Until, x.First, x.More
	a.Changes = append(a.Changes, x.Changes...)
	a.Items = make([]DraftItem, len(x.Airs))
	for i, it := range items {
		a.Items[i] = DraftItem{i, it.ID, it.LengthS, it.Plays, it.Why, x.Airs[i]}
		if it.LengthS != nil {
			a.TotalS += *it.LengthS
		} else if it.Plays {
			a.Unknown++
		}
	}
	a.TotalS = math.Round(a.TotalS*1000) / 1000
}
