package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sort"
	"strings"

	"github.com/gin-gonic/gin"

	"airloom/playlist"
	"airloom/playlist/document"
	"airloom/playlist/library"
)

// Shown is a playlist as it is shown, and edited.
type Shown struct {
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Airs     string          `json:"airs"`     // the version in use; "": none
	Document json.RawMessage `json:"document"` // what a file of JSON would say, to be sent back changed; null: it has errors
	Items    []ShownItem     `json:"items"`    // one for each of the document's
	Problems []Problem       `json:"problems"`
}

// ShownItem is what is known of an item.
type ShownItem struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	LengthS *float64 `json:"length_s"` // of all its airings in a row; null: not known, or none of its own
	Plays   bool     `json:"plays"`
	Why     string   `json:"why"` // it does not play, or its length is not known
}

// Problem is one thing wrong with a playlist.
type Problem struct {
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Item     *int   `json:"item"` // the item's place, from 0; null: it is about none
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// shown is the playlist that a text is.
func (s *Server) shown(name string, data []byte, version string) Shown {
	sh := Shown{Name: name, Version: version, Items: []ShownItem{}}
	if f, ok := s.cfg.Lists.Snapshot().File(name); ok && f.Playlist != nil {
		sh.Airs = f.Playlist.Version
	}
	list, ps := playlist.Parse(name, data, s.cfg.Lists.Options(name))
	sh.Problems = []Problem{}
	if len(ps) > 0 {
		sh.Problems = problemsOf(ps, linesOf(name, data))
	}
	if list != nil {
		sh.Document, sh.Items = s.documentOf(list), s.items(list)
	}
	return sh
}

// documentOf is a playlist as JSON, without its secrets: see [veil].
func (s *Server) documentOf(list *playlist.Playlist) json.RawMessage {
	open := *list
	open.Items = make([]playlist.Item, len(list.Items))
	var v *veil
	for i, it := range list.Items {
		if bare(it.Source) != it.Source {
			if v == nil {
				v = s.veil(nil, list)
			}
			it.SetSource(v.show(it.Source))
		}
		open.Items[i] = it
	}
	return playlist.EncodeJSON(&open)
}

func (s *Server) items(list *playlist.Playlist) []ShownItem {
	items := make([]ShownItem, len(list.Items))
	for i, it := range list.Items {
		d, plays, why := s.cfg.Lists.Length(it)
		items[i] = ShownItem{ID: it.ID, Title: it.Title, Plays: plays, Why: why}
		if d > 0 {
			length := float64(d.Milliseconds()*int64(max(1, it.Repeat))) / 1000
			items[i].LengthS = &length
		}
	}
	return items
}

// linesOf are the lines at which a text's items begin; nil where it has none that
// could be found.
func linesOf(name string, data []byte) (lines []int) {
	if ext := extension(name); ext != ".json" && ext != ".yml" && ext != ".yaml" {
		return nil
	}
	root, _ := document.ParseUpTo(name, data, playlist.MaxSize)
	if root == nil {
		return nil
	}
	items := root.Field("items")
	if items == nil {
		return nil
	}
	for _, it := range items.Items {
		lines = append(lines, it.Line)
	}
	return lines
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return strings.ToLower(name[i:])
	}
	return ""
}

// problemsOf are problems as they are shown; lines are those at which the items
// begin.
func problemsOf(ps playlist.Problems, lines []int) []Problem {
	list := make([]Problem, len(ps))
	for i, p := range ps {
		list[i] = Problem{Line: p.Line, Column: p.Column, Severity: string(p.Severity), Message: p.Message}
		if at := sort.SearchInts(lines, p.Line+1) - 1; at >= 0 {
			list[i].Item = &at
		}
	}
	return list
}

// playlistProblem answers with why nothing came of what was asked of a playlist.
// Base is the version that a change was made to, as items; nil: not known.
func (s *Server) playlistProblem(c *gin.Context, name string, mine *edited, err error) {
	conflict, invalid := (*library.ConflictError)(nil), (*library.InvalidError)(nil)
	switch {
	case errors.As(err, &conflict) && conflict.Name != name:
		problem(c, http.StatusConflict, "There is a playlist "+conflict.Name+" already: choose another name.")
	case errors.As(err, &conflict) && conflict.Version == "":
		problemWith(c, http.StatusPreconditionFailed, sentence(err), gin.H{"version": ""})
	case errors.As(err, &conflict):
		s.conflict(c, name, mine)
	case errors.As(err, &invalid):
		s.invalid(c, invalid.Problems, nil)
	case errors.Is(err, library.ErrName):
		problem(c, http.StatusBadRequest, sentence(err))
	case errors.Is(err, fs.ErrNotExist):
		s.notThere(c, name)
	case errors.Is(err, library.ErrStopped):
		problem(c, http.StatusServiceUnavailable, sentence(err))
	case errors.Is(err, context.DeadlineExceeded):
		problem(c, http.StatusGatewayTimeout, sentence(err))
	default:
		s.log.Warn("a playlist could not be read or changed", "event", "playlist-unreadable", "playlist", name, "cause", err)
		problem(c, http.StatusInternalServerError, sentence(err))
	}
}

// invalid answers that a playlist has errors, and with all of them.
func (s *Server) invalid(c *gin.Context, ps playlist.Problems, lines []int) {
	list := problemsOf(ps, lines)
	n, first := 0, Problem{}
	for _, p := range list {
		if p.Severity == string(document.Error) {
			if n++; n == 1 {
				first = p
			}
		}
	}
	words := fmt.Sprintf("The playlist has an error in line %d: %s.", first.Line, strings.TrimSuffix(first.Message, "."))
	if n > 1 {
		words = fmt.Sprintf("The playlist has %d errors, the first in line %d: %s.", n, first.Line, strings.TrimSuffix(first.Message, "."))
	}
	problemWith(c, http.StatusUnprocessableEntity, words, gin.H{"problems": list})
}
