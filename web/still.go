package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Still makes pictures of what is sent.
type Still interface {
	// Tag names the picture that Picture would give now; "" while there is none.
	Tag(width int) string
	// Picture is the latest keyframe as JPEG, about that wide, and its tag.
	Picture(ctx context.Context, width int) (data []byte, tag string, err error)
}

const (
	// usualWidth and mostWidth are how wide a picture is, in pixels, unless told, and at most.
	usualWidth, mostWidth = 640, 1280
	// aPicture is how long one may take.
	aPicture = 15 * time.Second
)

// still answers with a picture of the air. Who has it already is told so without
// one being made.
func (s *Server) still(c *gin.Context) {
	width, ok := wholeNumber(c, "width", usualWidth, 1, mostWidth)
	if !ok {
		return
	}
	c.Header("Cache-Control", "no-cache")
	from := s.cfg.System.Still
	if tag := quoted(from.Tag(width)); tag != "" && knows(c, tag) {
		c.Header("ETag", tag)
		c.Status(http.StatusNotModified)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), aPicture)
	defer cancel()
	data, tag, err := from.Picture(ctx, width)
	if err != nil {
		c.Header("Retry-After", "2")
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("the machine has no time for it: try again in a few seconds")
		}
		problem(c, http.StatusServiceUnavailable, "There is no picture of the air now. "+sentence(err))
		return
	}
	c.Header("ETag", quoted(tag))
	c.Data(http.StatusOK, "image/jpeg", data)
}

func quoted(tag string) string {
	if tag == "" {
		return ""
	}
	return `"` + tag + `"`
}

// knows reports whether the client has the picture of this tag.
func knows(c *gin.Context, tag string) bool {
	for one := range strings.SplitSeq(c.GetHeader("If-None-Match"), ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag {
			return true
		}
	}
	return false
}
