package web

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"airloom/playlist"
	"airloom/playlist/library"
)

// maxPlaylist is the largest body with a playlist in it, in bytes.
const maxPlaylist = 32 << 20

// tagOf is a version as HTTP has it.
func tagOf(version string) string { return `"` + version + `"` }

// ifMatch is the version that a change was made to. It has answered where none is
// named.
func ifMatch(c *gin.Context) (version string, ok bool) {
	tag := strings.TrimSpace(c.GetHeader("If-Match"))
	if tag == "*" {
		return library.Any, true
	}
	version, opened := strings.CutPrefix(strings.TrimPrefix(tag, "W/"), `"`)
	version, closed := strings.CutSuffix(version, `"`)
	if !opened || !closed || version == "" || strings.ContainsAny(version, `",`) {
		problem(c, http.StatusPreconditionRequired, `Say which version was changed: send its ETag as If-Match.`)
		return "", false
	}
	return version, true
}

// edition is the version that was edited: "" for a new playlist.
func edition(c *gin.Context) (version string, ok bool) {
	if strings.TrimSpace(c.GetHeader("If-None-Match")) == "*" {
		return "", true
	}
	return ifMatch(c)
}

// edited is a playlist that somebody has changed, on its way to the folder.
type edited struct {
	list     *playlist.Playlist // what it says
	text     []byte             // what is to be written
	base     string             // the version that was edited; "": a new one
	as       string             // how what was sent is written
	problems playlist.Problems  // of what was sent
	old      []byte             // the text that is there now; nil: none is
	raw      []byte             // what was sent, with the secrets that were not shown
}

// lines are those of what was sent at which its items begin; nil where there is
// nothing to tell of them.
func (e *edited) lines() []int {
	if len(e.problems) == 0 {
		return nil
	}
	return linesOf(e.as, e.raw)
}

func (s *Server) savePlaylist(c *gin.Context) {
	name := c.Param("name")
	change(c, "save "+name)
	base, ok := edition(c)
	if !ok {
		return
	}
	raw, ok := body(c, maxPlaylist)
	if !ok {
		return
	}
	s.put(c, name, base, raw, contentType(c), "")
}

// importPlaylist saves what another player's file says, as one of ours.
func (s *Server) importPlaylist(c *gin.Context) {
	name := c.Param("name")
	from := c.Query("from")
	change(c, "import "+from+" as "+name)
	base, ok := edition(c)
	if !ok {
		return
	}
	if err := library.CheckName(from); err != nil {
		problem(c, http.StatusBadRequest, `Say in ?from= what the file is called, such as from=evening.m3u: its ending says how it is written.`)
		return
	}
	raw, ok := body(c, maxPlaylist)
	if !ok {
		return
	}
	s.put(c, name, base, raw, "", from)
}

// put saves what was sent, and answers with what it is now.
func (s *Server) put(c *gin.Context, name, base string, raw []byte, kind, from string) {
	ctx, cancel := soon(c)
	defer cancel()
	if err := library.CheckName(name); err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	mine, ok := s.edit(ctx, c, name, base, raw, kind, from)
	if !ok {
		return
	}
	if mine.text == nil {
		s.invalid(c, mine.problems, mine.lines())
		return
	}
	if _, err := s.cfg.Lists.Save(ctx, name, mine.text, base); err != nil {
		s.playlistProblem(c, name, mine, err)
		return
	}
	code := http.StatusOK
	if base == "" {
		code = http.StatusCreated
	}
	s.answerWith(ctx, c, code, name)
}

// edit is what was sent, made ready to be written over what is there now: a
// document keeps the comments of the text it replaces. It has answered where that
// cannot be.
func (s *Server) edit(ctx context.Context, c *gin.Context, name, base string, raw []byte, kind, from string) (*edited, bool) {
	e, ok := s.sent(ctx, c, name, base, raw, kind, from)
	if !ok || e.list == nil || e.problems.Fatal() {
		return e, ok
	}
	o := s.cfg.Lists.Options(name)
	var ps playlist.Problems
	switch {
	case from == "" && kind != "application/json":
		e.text = e.raw
	case e.old != nil:
		e.text, ps = playlist.Edit(name, e.old, e.list, o)
	case otherPlayers(name):
		e.problems.Errorf(playlist.Position{File: name, Line: 1, Column: 1}, "airloom reads this format and does not write it: give the playlist a name that ends in .yml")
	case extension(name) == ".json":
		e.text = playlist.EncodeJSON(e.list)
	default:
		e.text = playlist.Encode(e.list, lost(from, e.problems))
	}
	if e.text == nil {
		e.problems = slices.Concat(e.problems, ps)
	}
	return e, true
}

// sent is what was sent, read. It has answered where it cannot be, or is no edit of
// what is there now.
func (s *Server) sent(ctx context.Context, c *gin.Context, name, base string, raw []byte, kind, from string) (*edited, bool) {
	old, version, err := s.cfg.Lists.Read(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.playlistProblem(c, name, nil, err)
		return nil, false
	}
	o := s.cfg.Lists.Options(name)
	e := &edited{base: base}
	if err == nil {
		e.old = append([]byte{}, old...) // an empty text is there, too
	}
	as := name // how it is written
	switch {
	case from != "":
		as = from
	case kind == "application/json":
		as = "document.json"
	case kind == "application/yaml" || kind == "text/plain":
	default:
		problem(c, http.StatusUnsupportedMediaType, "Send a playlist as application/json, or its text as text/plain.")
		return nil, false
	}
	var unknown playlist.Problems
	if from == "" && kind != "application/json" && bytes.Contains(raw, []byte(hidden)) {
		whole, line, err := s.veil(e.old).unveiled(raw)
		if raw = whole; err != nil {
			unknown.Errorf(playlist.Position{File: name, Line: line, Column: 1}, "%v", err)
		}
	}
	e.raw, e.as = raw, as
	e.list, e.problems = playlist.Parse(as, raw, o)
	e.problems = append(e.problems, unknown...)
	if e.list == nil {
		return e, true
	}
	if e.old != nil && base != library.Any && base != version {
		s.conflict(c, name, e)
		return nil, false
	}
	if from == "" && kind == "application/json" {
		s.mend(e, name)
	}
	return e, true
}

// lost is what the format that something came from said and ours does not.
func lost(from string, ps playlist.Problems) playlist.Problems {
	if from == "" {
		return nil
	}
	return ps
}

func otherPlayers(name string) bool {
	ext := extension(name)
	return ext != ".yml" && ext != ".yaml" && ext != ".json"
}

// mend puts the secrets back that were not shown: where an item's source is one of
// the list's or another's as it was shown, it is that one. One that is nobody's would
// lose them unseen, and is an error.
func (s *Server) mend(e *edited, name string) {
	var v *veil
	for i := range e.list.Items {
		it := &e.list.Items[i]
		if !strings.Contains(it.Source, hidden) {
			continue
		}
		if v == nil {
			v = s.veil(e.old)
		}
		whole, err := v.whole(it.Source)
		if err != nil {
			e.problems.Errorf(playlist.Position{File: name, Line: it.Line, Column: 1}, "%v", err)
		} else if whole != it.Source {
			it.SetSource(whole)
		}
	}
	if v != nil {
		e.list.Identify() // they are other items without their secrets
	}
}

// veil hides the secrets of all playlists, and of texts and lists beside them.
func (s *Server) veil(text []byte, lists ...*playlist.Playlist) *veil {
	var texts [][]byte
	if text != nil {
		texts = append(texts, text)
	}
	return newVeil(texts, append(lists, s.cfg.Lists.Snapshot().Playlists()...)...)
}

// draft is the name and the text of a playlist that a request is about; it has
// answered where one is no good.
func (s *Server) draft(c *gin.Context) (name string, raw []byte, ok bool) {
	name = c.Param("name")
	if err := library.CheckName(name); err != nil {
		s.playlistProblem(c, name, nil, err)
		return name, nil, false
	}
	raw, ok = body(c, maxPlaylist)
	return name, raw, ok
}

// validatePlaylist tells what is wrong with a playlist, and how long its items are,
// and writes nothing.
func (s *Server) validatePlaylist(c *gin.Context) {
	change(c, "")
	name, raw, ok := s.draft(c)
	if !ok {
		return
	}
	ctx, cancel := soon(c)
	defer cancel()
	e, ok := s.edit(ctx, c, name, library.Any, raw, contentType(c), c.Query("from"))
	if !ok {
		return
	}
	v := struct {
		Valid    bool        `json:"valid"`
		Document any         `json:"document"`
		Items    []ShownItem `json:"items"`
		Problems []Problem   `json:"problems"`
	}{Valid: e.text != nil, Items: []ShownItem{}, Problems: problemsOf(e.problems, e.lines())}
	if e.list != nil {
		v.Document, v.Items = s.documentOf(e.list), s.items(e.list)
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, v)
}

// conflict answers that somebody else has changed a playlist meanwhile: with what
// is there now, and how its items differ from those that the change was made to;
// where that text is no longer known, from those that were sent.
func (s *Server) conflict(c *gin.Context, name string, mine *edited) {
	ctx, cancel := soon(c)
	defer cancel()
	data, version, err := s.cfg.Lists.Read(ctx, name)
	if err != nil {
		problem(c, http.StatusPreconditionFailed, sentence(&library.ConflictError{Name: name}))
		return
	}
	more := gin.H{"version": version}
	now, _ := playlist.Parse(name, data, s.cfg.Lists.Options(name))
	if now != nil {
		more["document"] = s.documentOf(now)
	}
	if mine != nil && now != nil {
		since := s.base(ctx, name, mine.base)
		more["since"] = "base"
		if since == nil {
			since = mine.list
			more["since"] = "yours"
		}
		if since != nil {
			more["changes"] = differ(since.Items, now.Items)
		}
	}
	c.Header("ETag", tagOf(version))
	problemWith(c, http.StatusPreconditionFailed, sentence(&library.ConflictError{Name: name, Version: version}), more)
}

// base is an old version of a playlist, if it is still kept.
func (s *Server) base(ctx context.Context, name, version string) *playlist.Playlist {
	all, err := s.cfg.Lists.Versions(ctx, name)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(all, func(v library.Version) bool { return v.Version == version })
	if i < 0 {
		return nil
	}
	data, err := s.cfg.Lists.VersionText(ctx, name, all[i].ID)
	if err != nil {
		return nil
	}
	list, _ := playlist.Parse(name, data, s.cfg.Lists.Options(name))
	return list
}

// oldText is the text of an old version, and that version.
func (s *Server) oldText(ctx context.Context, name, id string) ([]byte, string, error) {
	if err := library.CheckName(name); err != nil {
		return nil, "", err
	}
	_, version, _ := strings.Cut(id, "-")
	data, err := s.cfg.Lists.VersionText(ctx, name, id)
	return data, version, err
}
