package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// Media is the media folder. Paths are relative to it, with slashes. Nothing of it is
// touched by this process; an error that is a [control.Refusal] says why not.
type Media interface {
	// List is a page of a folder, or of what a search finds below it.
	List(ctx context.Context, look MediaLook) (MediaPage, error)
	// File is one file, with what is known of it.
	File(ctx context.Context, path string) (MediaFile, error)
	// Stat is a file as it is now.
	Stat(ctx context.Context, path string) (MediaStamp, error)
	// Open opens what a file holds, for as long as the context lasts.
	Open(ctx context.Context, path string) (io.ReadSeeker, MediaStamp, error)
	// Thumbnail is a JPEG of the picture at a time, below 0 of one near the beginning.
	Thumbnail(ctx context.Context, path string, s MediaStamp, at time.Duration, width int) ([]byte, error)
	// Strip is a JPEG of count pictures side by side, from one time to another.
	Strip(ctx context.Context, path string, s MediaStamp, from, to time.Duration, count, height int) ([]byte, error)
	// UsedBy names what airs a file, or files below a folder: playlists, and keys of
	// the config.
	UsedBy(path string) []string
	// Move gives a file or folder another path, which must not be taken.
	Move(ctx context.Context, from, to string) error
	// Remove removes a file, or a folder that is empty.
	Remove(ctx context.Context, path string) error
	// MakeFolder makes a folder.
	MakeFolder(ctx context.Context, path string) error
	// OnChange has f called with paths of files and folders that are not as they were.
	OnChange(f func(paths []string))
}

// MediaLook says what is to be listed.
type MediaLook struct {
	Folder, Search, Sort, After string
	Limit                       int
}

// MediaPage is a page of files.
type MediaPage struct {
	Folder  string        `json:"folder"`
	Folders []MediaFolder `json:"folders"` // in this folder; none when searching
	Files   []MediaFile   `json:"files"`
	Total   int           `json:"total"`   // files in all
	Next    string        `json:"next"`    // for the next page; "": there is none
	Partial bool          `json:"partial"` // there is more than could be looked at
}

// MediaFolder is a folder.
type MediaFolder struct {
	Path string `json:"path"`
	Name string `json:"name"`
}

// MediaFile is a file, with what is known of it.
type MediaFile struct {
	Path     string      `json:"path"`
	Name     string      `json:"name"`
	Bytes    int64       `json:"bytes"`
	Modified time.Time   `json:"modified"`
	State    string      `json:"state"`    // ok, checking, bad or unknown
	Problem  string      `json:"problem"`  // why it is bad or unknown
	LengthS  *float64    `json:"length_s"` // null: not known, or it has none
	Video    *MediaVideo `json:"video"`
	Audio    *MediaAudio `json:"audio"`
	Loudness *float64    `json:"loudness_lufs"`
	UsedBy   []string    `json:"used_by"`
}

// MediaVideo is what a file's picture is made of.
type MediaVideo struct {
	Codec  string   `json:"codec"`
	Width  int      `json:"width"`
	Height int      `json:"height"`
	FPS    *float64 `json:"fps"` // null: it does not say, or does not move
}

// MediaAudio is what a file's sound is made of.
type MediaAudio struct {
	Codec      string `json:"codec"`
	Channels   int    `json:"channels"`
	SampleRate int    `json:"sample_rate"`
}

// MediaStamp tells a file from what it was.
type MediaStamp struct {
	Bytes    int64
	Modified time.Time
}

func (s *Server) mediaRoutes(g *gin.RouterGroup) {
	s.pouring = make(chan struct{}, pours)
	s.news = newMediaNews()
	s.cfg.Media.OnChange(s.news.files)
	m := g.Group("/media", patient)
	m.GET("", s.allow(Viewer), s.listMedia)
	m.DELETE("", s.allow(Operator), s.removeMedia)
	m.GET("/file", s.allow(Viewer), s.mediaFile)
	m.GET("/thumbnail", s.allow(Viewer), s.thumbnail)
	m.GET("/strip", s.allow(Viewer), s.strip)
	m.POST("/rename", s.allow(Operator), s.moveMedia)
	m.POST("/folders", s.allow(Operator), s.makeFolder)
	g.GET("/media/content", s.allow(Viewer), s.mediaContent)
	g.HEAD("/media/content", s.allow(Viewer), s.mediaContent)
	if s.cfg.Uploads != nil {
		s.uploadRoutes(g)
	}
}

// patience is how long anything of the media folder may take, before it is answered
// that it takes too long.
const patience = answering - 5*time.Second

func patient(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

const (
	usualFiles = 100
	mostFiles  = 500
	mostSearch = 200
)

func (s *Server) listMedia(c *gin.Context) {
	l := MediaLook{Folder: c.Query("folder"), Search: c.Query("search"), Sort: c.DefaultQuery("sort", "name"), After: c.Query("after")}
	var ok bool
	if l.Limit, ok = wholeNumber(c, "limit", usualFiles, 1, mostFiles); !ok {
		return
	}
	switch l.Sort {
	case "name", "modified", "length", "size":
	default:
		problem(c, http.StatusBadRequest, "sort is name, modified, length or size.")
		return
	}
	if len(l.Search) > mostSearch || len(l.After) > 4096 {
		problem(c, http.StatusBadRequest, fmt.Sprintf("A search is %d bytes at the most.", mostSearch))
		return
	}
	page, err := s.cfg.Media.List(c.Request.Context(), l)
	if err != nil {
		mediaProblem(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, page)
}

// wholeNumber is a whole number that the query has. It has answered where it cannot be read.
func wholeNumber(c *gin.Context, key string, otherwise, least, most int) (int, bool) {
	text := c.Query(key)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		problem(c, http.StatusBadRequest, fmt.Sprintf("%s is a whole number from %d to %d.", key, least, most))
		return 0, false
	}
	return n, true
}

// farthestIn is how far into a file a picture may be asked for, in seconds.
const farthestIn = 31 * 24 * 3600

// seconds is a time in a file that the query has.
func seconds(c *gin.Context, key string, otherwise time.Duration) (time.Duration, bool) {
	text := c.Query(key)
	if text == "" {
		return otherwise, true
	}
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(s) || s < 0 || s > farthestIn {
		problem(c, http.StatusBadRequest, key+" is a number of seconds, such as 12.5.")
		return 0, false
	}
	return time.Duration(math.Round(s * 1e9)), true
}

// mediaProblem answers with why something on the media folder came to nothing.
func mediaProblem(c *gin.Context, err error) {
	if c.Request.Context().Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		err = &control.Refusal{Code: control.Unavailable, Err: errors.New("it took too long: try again")}
	}
	if r := (*control.Refusal)(nil); errors.As(err, &r) && r.Code == control.Unavailable {
		c.Header("Retry-After", "2")
	}
	refused(c, err)
}

func (s *Server) mediaFile(c *gin.Context) {
	f, err := s.cfg.Media.File(c.Request.Context(), c.Query("path"))
	if err != nil {
		mediaProblem(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, f)
}

// inUse answers, unless it is forced, where something airs what is to go.
func (s *Server) inUse(c *gin.Context, path string, force bool) bool {
	used := s.cfg.Media.UsedBy(path)
	if len(used) == 0 || force {
		return false
	}
	problemWith(c, http.StatusConflict, path+" is used by "+listed(used)+". Take it out there first, or do it all the same.",
		gin.H{"code": control.Conflict, "used_by": used})
	return true
}

// listed is a list as people read it; a long one is cut short.
func listed(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 3 && len(names) > 4:
			return text + fmt.Sprintf(" and %d more", len(names)-3)
		case i > 0 && i == len(names)-1:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += name
	}
	return text
}

func (s *Server) moveMedia(c *gin.Context) {
	var r struct {
		From  string `json:"from"`
		To    string `json:"to"`
		Force bool   `json:"force"`
	}
	if !bodied(c, &r, true) {
		return
	}
	change(c, "move "+r.From+" to "+r.To+forced(r.Force))
	if s.inUse(c, r.From, r.Force) {
		return
	}
	if err := s.cfg.Media.Move(c.Request.Context(), r.From, r.To); err != nil {
		mediaProblem(c, err)
		return
	}
	s.news.files([]string{r.From, r.To})
	c.Status(http.StatusNoContent)
}

func forced(force bool) string {
	if force {
		return ", though it is used"
	}
	return ""
}

func (s *Server) removeMedia(c *gin.Context) {
	path, force := c.Query("path"), c.Query("force") == "true"
	change(c, "remove "+path+forced(force))
	if s.inUse(c, path, force) {
		return
	}
	if err := s.cfg.Media.Remove(c.Request.Context(), path); err != nil {
		mediaProblem(c, err)
		return
	}
	s.news.files([]string{path})
	c.Status(http.StatusNoContent)
}

func (s *Server) makeFolder(c *gin.Context) {
	var r struct {
		Path string `json:"path"`
	}
	if !bodied(c, &r, true) {
		return
	}
	change(c, "make the folder "+r.Path)
	if err := s.cfg.Media.MakeFolder(c.Request.Context(), r.Path); err != nil {
		mediaProblem(c, err)
		return
	}
	s.news.files([]string{r.Path})
	c.Status(http.StatusNoContent)
}
