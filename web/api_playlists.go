package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playlist"
	"airloom/playlist/document"
	"airloom/playlist/library"
)

// Playlists is the playlists' folder: what is in it stays the truth, whoever
// writes there. Its methods are those of [library.Library]; a change is on its way
// to the air when they return.
type Playlists interface {
	Snapshot() *library.Snapshot
	Read(ctx context.Context, name string) (data []byte, version string, err error)
	Save(ctx context.Context, name string, data []byte, ifVersion string) (version string, err error)
	Remove(ctx context.Context, name, ifVersion string) error
	Rename(ctx context.Context, name, to, ifVersion string) error
	Versions(ctx context.Context, name string) ([]library.Version, error)
	VersionText(ctx context.Context, name, id string) ([]byte, error)
	Restore(ctx context.Context, name, id, ifVersion string) (version string, err error)
	// Base is the name of the base playlist.
	Base() string
	// Options is what a playlist of that name is checked against.
	Options(name string) playlist.Options
	// Length is how long an item airs once; 0 while that is not known, or where it
	// has no length of its own. Why is what keeps it from playing, or its length
	// from being known.
	Length(it playlist.Item) (d time.Duration, plays bool, why string)
}

func (s *Server) playlistRoutes(g *gin.RouterGroup) {
	g.GET("/playlists", s.allow(Viewer), s.playlists)
	one := g.Group("/playlists/:name")
	one.GET("", s.allow(Viewer), s.readPlaylist)
	one.PUT("", s.allow(Operator), s.savePlaylist)
	one.DELETE("", s.allow(Operator), s.removePlaylist)
	one.POST("/validate", s.allow(Operator), s.validatePlaylist)
	if s.cfg.Plan != nil {
		one.POST("/effects", s.allow(Operator), s.effects)
	}
	one.POST("/import", s.allow(Operator), s.importPlaylist)
	one.POST("/rename", s.allow(Operator), s.renamePlaylist)
	one.GET("/versions", s.allow(Viewer), s.versions)
	one.GET("/versions/:id", s.allow(Viewer), s.readVersion)
	one.POST("/versions/:id/restore", s.allow(Operator), s.restoreVersion)
}

// Listed is a playlist in the list of them all.
type Listed struct {
	Name     string `json:"name"`
	Version  string `json:"version"`  // of the newest text, good or not
	Airs     string `json:"airs"`     // the version in use; "": none
	Title    string `json:"title"`    // of the version in use
	Items    int    `json:"items"`    // of the version in use
	Base     bool   `json:"base"`     // it airs whenever nothing else does
	Schedule string `json:"schedule"` // its cron rule or moment; "": none
	Start    string `json:"start"`    // hard or soft; "": it has no schedule
	Errors   int    `json:"errors"`   // of the newest text
	Warnings int    `json:"warnings"` // of the newest text
	Settling bool   `json:"settling"` // it has just changed and does not count yet
}

// lister lists playlists.
type lister struct{ Playlists }

func (l lister) listed(f library.File) Listed {
	one := Listed{Name: f.Name, Version: f.Version, Settling: f.Settling, Base: f.Name == l.Base()}
	for _, p := range f.Problems {
		if p.Severity == document.Error {
			one.Errors++
		} else {
			one.Warnings++
		}
	}
	if p := f.Playlist; p != nil {
		one.Airs, one.Title, one.Items = p.Version, p.Name, len(p.Items)
		if sched := p.Schedule; sched != nil {
			one.Start = string(sched.Start)
			if sched.Cron != nil {
				one.Schedule = sched.Cron.String()
			} else if sched.At != nil {
				one.Schedule = sched.At.String()
			}
		}
	}
	return one
}

func (l lister) listedOf(snap *library.Snapshot) map[string]Listed {
	m := make(map[string]Listed, len(snap.Files))
	for _, f := range snap.Files {
		m[f.Name] = l.listed(f)
	}
	return m
}

// playlists answers with all there are, and with what is wrong with their folder.
func (s *Server) playlists(c *gin.Context) {
	snap := s.cfg.Lists.Snapshot()
	all := make([]Listed, 0, len(snap.Files))
	for _, f := range snap.Files {
		all = append(all, lister{s.cfg.Lists}.listed(f))
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"playlists": all, "problems": problemsOf(snap.Problems, nil)})
}

// readPlaylist answers with a playlist as it is in the folder: as JSON, or as its
// text, which is for those who may change it. Neither shows a secret.
func (s *Server) readPlaylist(c *gin.Context) {
	name := c.Param("name")
	if _, there := s.cfg.Lists.Snapshot().File(name); !there {
		s.notThere(c, name)
		return
	}
	asText := c.NegotiateFormat("application/json", "text/plain") == "text/plain"
	if asText {
		if s.allow(Operator)(c); c.IsAborted() {
			return
		}
	}
	ctx, cancel := soon(c)
	defer cancel()
	data, version, err := s.cfg.Lists.Read(ctx, name)
	if err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	c.Header("Vary", "Accept")
	c.Header("Cache-Control", "no-cache")
	c.Header("ETag", tagOf(version))
	// What is known of the files changes without the text: only that can be fresh.
	if asText && c.GetHeader("If-None-Match") == tagOf(version) {
		c.Status(http.StatusNotModified)
		return
	}
	if asText {
		c.Data(http.StatusOK, "text/plain; charset=utf-8", s.veil(data).text(data))
		return
	}
	c.JSON(http.StatusOK, s.shown(name, data, version))
}

func (s *Server) notThere(c *gin.Context, name string) {
	problem(c, http.StatusNotFound, "There is no playlist "+name+".")
}

func (s *Server) removePlaylist(c *gin.Context) {
	name := c.Param("name")
	change(c, "remove "+name)
	version, ok := ifMatch(c)
	if !ok {
		return
	}
	ctx, cancel := soon(c)
	defer cancel()
	if err := s.cfg.Lists.Remove(ctx, name, version); err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) renamePlaylist(c *gin.Context) {
	name := c.Param("name")
	var r struct {
		To string `json:"to"`
	}
	version, ok := ifMatch(c)
	if !ok || !bodied(c, &r, true) {
		return
	}
	change(c, "rename "+name+" to "+r.To)
	if r.To == name {
		problem(c, http.StatusBadRequest, "That is its name already.")
		return
	}
	ctx, cancel := soon(c)
	defer cancel()
	if err := s.cfg.Lists.Rename(ctx, name, r.To, version); err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	s.answerWith(ctx, c, http.StatusOK, r.To)
}

// answerWith answers with the playlist as it is now in the folder.
func (s *Server) answerWith(ctx context.Context, c *gin.Context, code int, name string) {
	data, version, err := s.cfg.Lists.Read(ctx, name)
	if err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("ETag", tagOf(version))
	c.JSON(code, s.shown(name, data, version))
}

// OldVersion is a text that a playlist had before.
type OldVersion struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	Saved   time.Time `json:"saved"` // when that text was written
	Size    int64     `json:"size"`  // bytes
}

func (s *Server) versions(c *gin.Context) {
	name := c.Param("name")
	ctx, cancel := soon(c)
	defer cancel()
	if err := library.CheckName(name); err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	all, err := s.cfg.Lists.Versions(ctx, name)
	if err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	old := make([]OldVersion, 0, len(all))
	for _, v := range all {
		old = append(old, OldVersion{v.ID, v.Version, v.Saved, v.Size})
	}
	list(c, old)
}

func (s *Server) readVersion(c *gin.Context) {
	name := c.Param("name")
	ctx, cancel := soon(c)
	defer cancel()
	data, version, err := s.oldText(ctx, name, c.Param("id"))
	if err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, s.shown(name, data, version))
}

func (s *Server) restoreVersion(c *gin.Context) {
	name := c.Param("name")
	change(c, "restore an old version of "+name)
	version, ok := edition(c)
	if !ok || !bodied(c, &struct{}{}, false) {
		return
	}
	ctx, cancel := soon(c)
	defer cancel()
	if _, err := s.cfg.Lists.Restore(ctx, name, c.Param("id"), version); err != nil {
		s.playlistProblem(c, name, nil, err)
		return
	}
	s.answerWith(ctx, c, http.StatusOK, name)
}
