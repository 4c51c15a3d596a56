package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playlist"
	"airloom/playlist/document"
)

// Plan tells what will air, and what did.
type Plan interface {
	// Zone is the channel's.
	Zone() *time.Location
	// Edition changes with the plan; it returns at once.
	Edition() uint64
	// Place changes with what is on air: while it and the edition are the same, so is
	// what is told of the time to come. It returns at once.
	Place() string
	// Rundown is what airs from now on: at most n entries, the one on air first.
	Rundown(ctx context.Context, n int) []Upcoming
	// Schedule is what will air in a time, cut off at both its ends.
	Schedule(ctx context.Context, from time.Time, d time.Duration) iter.Seq[Slot]
	// Aired is what aired in a time, in the order of airing; an error is the last
	// that is yielded. An fs.ErrNotExist says that nothing has aired yet.
	Aired(ctx context.Context, from, to time.Time) iter.Seq2[Aired, error]
	// Effects is what would air in the next day were the draft the playlist of its
	// name, and how that differs from what airs as things are. Nothing is changed.
	Effects(ctx context.Context, draft *playlist.Playlist) (Effects, error)
}

func (s *Server) planRoutes(g *gin.RouterGroup) {
	g.GET("/rundown", s.allow(Viewer), s.rundown)
	g.GET("/schedule", s.allow(Viewer), s.schedule)
	g.GET("/asrun", s.allow(Viewer), s.asrun)
}

const (
	usualEntries = 50
	mostEntries  = 1000
	usualSpan    = 24 * time.Hour
	// mostSpan bounds what is asked for at once: looking ahead takes the
	// processor's time, which the air needs too.
	mostSpan = 31 * 24 * time.Hour
	// farthest is how far ahead anybody may look.
	farthest = 100 * 24 * time.Hour
)

// lookers is how many may look ahead or back at once.
const lookers = 2

// look waits for one of the places of those who look ahead or back. It has
// answered where none is free in time.
func (s *Server) look(c *gin.Context) (done func(), ok bool) {
	ctx, cancel := soon(c)
	defer cancel()
	done, err := s.place(ctx)
	if err != nil {
		crowded(c)
		return nil, false
	}
	return done, true
}

var errCrowded = errors.New("too many ask at once")

// place is one of the places of those who look ahead or back.
func (s *Server) place(ctx context.Context) (done func(), err error) {
	select {
	case s.looking <- struct{}{}:
		return func() { <-s.looking }, nil
	case <-ctx.Done():
		return nil, errCrowded
	}
}

func crowded(c *gin.Context) {
	c.Header("Retry-After", "5")
	problem(c, http.StatusServiceUnavailable, "Too many ask for this at the moment. Try again in a few seconds.")
}

func (s *Server) rundown(c *gin.Context) {
	n := usualEntries
	if text := c.Query("limit"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > mostEntries {
			problem(c, http.StatusBadRequest, fmt.Sprintf("limit is how many entries are wanted, from 1 to %d.", mostEntries))
			return
		}
	}
	s.shared(c, fmt.Sprint("rundown ", n), func(ctx context.Context, w io.Writer, _ func()) error {
		return json.NewEncoder(w).Encode(append([]Upcoming{}, s.cfg.Plan.Rundown(ctx, n)...))
	})
}

// moment is a point in time that the query has, or another one where it has none.
// It has answered where that cannot be read.
func moment(c *gin.Context, key string, otherwise time.Time) (time.Time, bool) {
	text := c.Query(key)
	if text == "" {
		return otherwise, true
	}
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1)) // a + that was not written as %2B
	if err != nil {
		problem(c, http.StatusBadRequest, key+" is a time as RFC 3339 writes it, such as 2026-11-21T20:00:00+01:00.")
		return t, false
	}
	return t, true
}

func (s *Server) schedule(c *gin.Context) {
	now := time.Now()
	from, ok := moment(c, "from", now)
	if !ok {
		return
	}
	d := usualSpan
	if text := c.Query("for"); text != "" {
		var err error
		if d, err = document.ParseTime(text); err != nil || d <= 0 || d > mostSpan {
			problem(c, http.StatusBadRequest, "for is a length of time up to 31d, such as 24h or 7d.")
			return
		}
	}
	if from.Before(now.Add(-mostSpan)) || from.After(now.Add(farthest)) {
		problem(c, http.StatusBadRequest, "from is too far away: up to 100 days ahead can be told. What is past has /api/v1/asrun.")
		return
	}
	s.shared(c, fmt.Sprint("schedule ", c.Query("from"), " ", d), func(ctx context.Context, w io.Writer, alive func()) error {
		a := Array{W: w}
		for e := range s.cfg.Plan.Schedule(ctx, from, d) {
			alive()
			if err := a.Add(e); err != nil {
				return err
			}
		}
		return errors.Join(a.End(), ctx.Err())
	})
}

// stream answers with what write writes. What fails before the first of it is on
// its way is a problem; afterwards the answer breaks off.
func (s *Server) stream(c *gin.Context, kind string, write func(w io.Writer, alive func()) error) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", kind)
	out := bufio.NewWriterSize(c.Writer, 32<<10)
	line, n := http.NewResponseController(c.Writer), 0
	err := write(out, func() { // as long as it goes on, it may take its time
		if n++; n%1000 == 0 {
			_ = line.SetWriteDeadline(time.Now().Add(answering))
		}
	})
	if err == nil {
		err = c.Request.Context().Err()
	}
	switch {
	case err == nil:
		_ = out.Flush() // who has gone away is not told
	case !c.Writer.Written():
		c.Writer.Header().Del("Content-Disposition")
		problem(c, http.StatusServiceUnavailable, sentence(err))
	default:
		s.log.Debug("an answer broke off", "path", c.Request.URL.Path, "cause", err)
		_ = line.SetWriteDeadline(time.Unix(1, 0)) // it gets no end: nobody may take it for whole
	}
}

func (s *Server) asrun(c *gin.Context) {
	to, ok := moment(c, "to", time.Now())
	if !ok {
		return
	}
	from, ok := moment(c, "from", to.Add(-usualSpan))
	if !ok {
		return
	}
	if !from.Before(to) || to.Sub(from) > mostSpan {
		problem(c, http.StatusBadRequest, "from has to be before to, by 31 days at the most.")
		return
	}
	format := c.DefaultQuery("format", "json")
	if format != "json" && format != "csv" {
		problem(c, http.StatusBadRequest, "format is json or csv.")
		return
	}
	done, ok := s.look(c)
	if !ok {
		return
	}
	defer done()
	rows := s.rows(c, from, to)
	if format == "csv" {
		c.Header("Content-Disposition", `attachment; filename="asrun-`+from.In(s.cfg.Plan.Zone()).Format(time.DateOnly)+`.csv"`)
		s.stream(c, "text/csv; charset=utf-8", func(w io.Writer, alive func()) error {
			return AiredCSV(w, each(rows, alive))
		})
		return
	}
	s.stream(c, "application/json", func(w io.Writer, alive func()) error {
		a := Array{W: w}
		for r, err := range each(rows, alive) {
			if err != nil {
				return err
			}
			if err := a.Add(r); err != nil {
				return err
			}
		}
		return a.End()
	})
}

// rows are the rows that were asked for.
func (s *Server) rows(c *gin.Context, from, to time.Time) iter.Seq2[Aired, error] {
	var outcomes []string
	for _, text := range c.QueryArray("outcome") {
		outcomes = append(outcomes, strings.Split(text, ",")...)
	}
	return func(yield func(Aired, error) bool) {
		for r, err := range s.cfg.Plan.Aired(c.Request.Context(), from, to) {
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if err == nil && outcomes != nil && !slices.Contains(outcomes, r.Outcome) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// each calls f for every row that passes.
func each(rows iter.Seq2[Aired, error], f func()) iter.Seq2[Aired, error] {
	return func(yield func(Aired, error) bool) {
		for r, err := range rows {
			if f(); !yield(r, err) {
				return
			}
		}
	}
}
