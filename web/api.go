package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// api mounts what programs and the page work with. What it needs and is not
// there, such as a desk, leaves its routes out.
func (s *Server) api(g *gin.RouterGroup) {
	g.GET("/openapi.json", s.allow(Viewer), s.openAPI)
	if s.cfg.Desk != nil {
		s.commandRoutes(g)
	}
	if s.cfg.Plan != nil {
		s.looking = make(chan struct{}, lookers)
		s.planRoutes(g)
	}
	if s.cfg.Lists != nil {
		s.playlistRoutes(g)
	}
	if s.cfg.Media != nil {
		s.mediaRoutes(g)
	}
	s.live = newHub(s.channel, s.cfg.Plan, s.cfg.Lists, s.cfg.Desk, s.log)
	s.live.news = s.news
	g.GET("/events", s.allow(Viewer), s.events)
	s.systemRoutes(g)
}

const (
	// maxCommand is the largest body of a command, in bytes.
	maxCommand = 16 << 10
	// aBody is how long a large body may take to arrive.
	aBody = 2 * time.Minute
)

// bodied reads the JSON that a request brings into v, strictly: unknown keys, a
// second value and a body of another kind are refused, in words. Where none is
// needed, an empty body leaves v as it is. It reports whether to go on.
func bodied(c *gin.Context, v any, needed bool) bool {
	raw, ok := body(c, maxCommand)
	if !ok {
		return false
	}
	if len(raw) == 0 && !needed {
		return true
	}
	if kind := contentType(c); kind != "application/json" {
		problem(c, http.StatusUnsupportedMediaType, "Send JSON, with Content-Type: application/json.")
		return false
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		problem(c, http.StatusBadRequest, "The body is not the JSON that is wanted here: "+strings.TrimPrefix(err.Error(), "json: ")+".")
		return false
	}
	return true
}

// contentType is what the body is said to be, without parameters.
func contentType(c *gin.Context) string {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// body reads a body of at most so many bytes; it has answered where it cannot.
func body(c *gin.Context, most int64) ([]byte, bool) {
	if most > maxCommand {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(aBody))
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, most))
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		problem(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes, which is all that is taken here.", most))
		return nil, false
	}
	if err != nil {
		problem(c, http.StatusBadRequest, "The body broke off.")
		return nil, false
	}
	return raw, true
}

// sentence is an error as people read it. Names, such as of files, stay as they are.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return text
	}
	if end := text[len(text)-1]; end != '.' && end != '?' {
		text += "."
	}
	first, _, _ := strings.Cut(text, " ")
	if strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// codes are what a refusal is over HTTP.
var codes = map[control.Code]int{
	control.Conflict: http.StatusConflict, control.Unknown: http.StatusNotFound, control.Invalid: http.StatusBadRequest,
	control.Refused: http.StatusUnprocessableEntity, control.Late: http.StatusGatewayTimeout,
	control.Overtaken: http.StatusConflict, control.Unavailable: http.StatusServiceUnavailable,
}

// refused answers with why a command came to nothing.
func refused(c *gin.Context, err error) {
	r := (*control.Refusal)(nil)
	if !errors.As(err, &r) {
		problem(c, http.StatusInternalServerError, sentence(err))
		return
	}
	problemWith(c, codes[r.Code], sentence(err), gin.H{"code": r.Code})
}

// late is how long something that should answer at once may take.
const late = 10 * time.Second

// soon is the request's context, for what should answer at once.
func soon(c *gin.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.Request.Context(), late)
}
