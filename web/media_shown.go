package web

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// pours is how many files may be read out at once.
const pours = 16

// kinds are what files are called over HTTP. What is not among them is bytes to a
// browser: it shows nothing that it was not told to.
var kinds = map[string]string{
	".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska", ".ogv": "video/ogg",
	".ts": "video/mp2t", ".m4a": "audio/mp4", ".aac": "audio/aac", ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac",
	".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
	".gif": "image/gif", ".webp": "image/webp", ".bmp": "image/bmp", ".avif": "image/avif",
}

// mediaContent answers with what a file holds, or with a part of it.
func (s *Server) mediaContent(c *gin.Context) {
	select {
	case s.pouring <- struct{}{}:
		defer func() { <-s.pouring }()
	default:
		c.Header("Retry-After", "2")
		problem(c, http.StatusServiceUnavailable, "Too many files are being read out at the moment. Try again in a few seconds.")
		return
	}
	name := c.Query("path")
	content, stamp, err := s.cfg.Media.Open(c.Request.Context(), name)
	if err != nil {
		mediaProblem(c, err)
		return
	}
	kind := kinds[strings.ToLower(path.Ext(name))]
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Header("Content-Type", kind)
	c.Header("Cache-Control", "private, no-cache")
	c.Header("ETag", stampTag(stamp, name))
	line := http.NewResponseController(c.Writer)
	http.ServeContent(c.Writer, c.Request, "", stamp.Modified, &lasting{content, func() {
		_ = line.SetWriteDeadline(time.Now().Add(answering))
	}})
}

// lasting is content that may take as long as it goes on.
type lasting struct {
	io.ReadSeeker
	goesOn func()
}

func (l *lasting) Read(p []byte) (int, error) {
	n, err := l.ReadSeeker.Read(p)
	l.goesOn()
	return n, err
}

// stampTag is an ETag of what is made of a file as it is now.
func stampTag(s MediaStamp, what string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, what)
	return fmt.Sprintf(`"%x-%x-%x"`, s.Bytes, s.Modified.UnixNano(), h.Sum64())
}

func (s *Server) thumbnail(c *gin.Context) {
	at, ok := seconds(c, "at_s", -1)
	if !ok {
		return
	}
	width, ok := wholeNumber(c, "width", 320, 16, 1920)
	if !ok {
		return
	}
	s.picture(c, func(path string, stamp MediaStamp) ([]byte, error) {
		return s.cfg.Media.Thumbnail(c.Request.Context(), path, stamp, at, width)
	})
}

func (s *Server) strip(c *gin.Context) {
	from, ok := seconds(c, "from_s", 0)
	if !ok {
		return
	}
	to, ok := seconds(c, "to_s", 0)
	if !ok {
		return
	}
	count, ok := wholeNumber(c, "count", 10, 1, 100)
	if !ok {
		return
	}
	height, ok := wholeNumber(c, "height", 90, 16, 1080)
	if !ok {
		return
	}
	if to <= from {
		problem(c, http.StatusBadRequest, "A strip needs from_s and to_s, which comes after.")
		return
	}
	s.picture(c, func(path string, stamp MediaStamp) ([]byte, error) {
		return s.cfg.Media.Strip(c.Request.Context(), path, stamp, from, to, count, height)
	})
}

// picture answers with a JPEG of a file as it is now. Asked for with the file's
// version, it stays good for ever.
func (s *Server) picture(c *gin.Context, of func(path string, stamp MediaStamp) ([]byte, error)) {
	name := c.Query("path")
	stamp, err := s.cfg.Media.Stat(c.Request.Context(), name)
	if err != nil {
		mediaProblem(c, err)
		return
	}
	tag := stampTag(stamp, c.Request.URL.RawQuery)
	if c.GetHeader("If-None-Match") == tag {
		c.Header("ETag", tag)
		c.Status(http.StatusNotModified)
		return
	}
	data, err := of(name, stamp)
	if err != nil {
		mediaProblem(c, err)
		return
	}
	if c.Query("v") != "" {
		c.Header("Cache-Control", "private, max-age=31536000, immutable")
	} else {
		c.Header("Cache-Control", "private, no-cache")
	}
	c.Header("ETag", tag)
	c.Data(http.StatusOK, "image/jpeg", data)
}
