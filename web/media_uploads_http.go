package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"airloom/playout/control"
)

// uploadsAt is where uploads are.
const uploadsAt = "/api/v1/uploads"

// uploadRoutes mounts the resumable uploads of the tus protocol, version 1.0.0.
func (s *Server) uploadRoutes(g *gin.RouterGroup) {
	s.uploads = newUploads(s.cfg.Uploads, s.news, s.log, s.note)
	g.GET("/uploads", s.allow(Viewer), s.listUploads)
	g.POST("/uploads/", s.allow(Operator), s.createUpload)
	one := g.Group("/uploads/:id", s.allow(Operator))
	one.HEAD("", s.askUpload)
	one.PATCH("", s.fillUpload)
	one.DELETE("", s.dropUpload)
}

// background is what goes on beside the requests; wait ends it.
func (s *Server) background(ctx context.Context) (wait func()) {
	if s.uploads == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.uploads.run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// protocol is tusd's, without what browsers of other sites would want.
func (u *uploads) protocol() (*handler.UnroutedHandler, error) {
	composer := handler.NewStoreComposer()
	store := shelfStore{filestore.New(u.dir), u}
	composer.UseCore(store)
	composer.UseTerminater(store)
	composer.UseLocker(&locks{held: map[string]*held{}})
	return handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: uploadsAt + "/", MaxSize: maxUpload, DisableDownload: true,
		Cors: &handler.CorsConfig{Disable: true}, Logger: slog.New(silence{}), NetworkTimeout: u.quiet,
		GracefulRequestCompletionTimeout: 100 * time.Millisecond, AcquireLockTimeout: late,
		PreUploadCreateCallback: u.creating,
	})
}

// asking is one request, for what tusd calls back.
type asking struct {
	ctx     context.Context
	session context.Context // ends with the session of who asks
	who     string
	line    *http.ResponseController
	left    atomic.Bool // another request takes over
	id      string      // of the upload that it made room for
	path    string
	err     error
}

type askingKey struct{}

// creating decides whether a new upload is taken, and what is kept of it.
func (u *uploads) creating(e handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	asked, _ := e.Context.Value(askingKey{}).(*asking)
	if asked == nil {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, errStorage
	}
	now := time.Now()
	one := &upload{touched: now, Upload: Upload{
		ID: newUploadID(), Name: e.Upload.MetaData["filename"], Folder: e.Upload.MetaData["folder"], Bytes: e.Upload.Size,
		State: receiving, Who: asked.who, Since: now,
	}}
	asked.path = path.Join(one.Folder, one.Name)
	// Its own ending, by which some kinds of files are known.
	one.file = one.ID + strings.ToLower(path.Ext(one.Name))
	ctx, cancel := context.WithTimeout(asked.ctx, late)
	defer cancel()
	if asked.err = u.take(ctx, one); asked.err != nil {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, asked.err
	}
	asked.id, asked.path = one.ID, one.Path
	u.news.upload()
	return handler.HTTPResponse{}, handler.FileInfoChanges{
		ID: one.ID, Storage: map[string]string{"Path": one.file},
		MetaData: handler.MetaData{"filename": one.Name, "folder": one.Folder, "who": one.Who},
	}, nil
}

func newUploadID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // does not fail
	return hex.EncodeToString(b)
}

func isUploadID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

func (s *Server) listUploads(c *gin.Context) {
	all := s.uploads.list()
	for i := range all {
		all[i].Since = all[i].Since.In(s.zone())
	}
	list(c, all)
}

// tus has tusd answer, and turns its refusals into ours.
func (s *Server) tus(c *gin.Context, of func(*handler.UnroutedHandler) http.HandlerFunc) *asking {
	asked := &asking{ctx: c.Request.Context(), who: who(c).Name, session: context.Background(), line: http.NewResponseController(c.Writer)}
	if session := identified(c).session; session != nil {
		asked.session = session.life
	}
	if !s.uploadsBegun(c) {
		return asked
	}
	defer context.AfterFunc(asked.session, asked.away)()
	defer context.AfterFunc(s.uploads.life, asked.away)()
	r := c.Request.WithContext(context.WithValue(asked.ctx, askingKey{}, asked))
	r.Header.Del("X-HTTP-Method-Override") // the route decides what is done
	w := &tusWriter{ResponseWriter: c.Writer}
	tus := s.uploads.tus
	http.StripPrefix(uploadsAt, tus.Middleware(of(tus))).ServeHTTP(w, r)
	if w.code != 0 {
		s.tusProblem(c, w, asked.err)
	}
	return asked
}

// tusProblem answers with a refusal of tusd's, or with that of what it called back.
func (s *Server) tusProblem(c *gin.Context, w *tusWriter, err error) {
	w.Header().Del("Content-Length")
	if r := (*refusal)(nil); errors.As(err, &r) {
		problemWith(c, r.status, r.words, r.more)
		return
	}
	if err != nil {
		mediaProblem(c, err)
		return
	}
	code, words, _ := strings.Cut(strings.TrimSpace(w.body.String()), ": ")
	switch code {
	case "ERR_READ_TIMEOUT", "ERR_UNEXPECTED_EOF", "ERR_CONNECTION_RESET": // clients try again after a 503, not after a 408
		w.code, words = http.StatusServiceUnavailable, "Nothing came for too long, or the connection broke. What has come is kept, and the upload can go on."
	case "ERR_UPLOAD_NOT_FOUND":
		words = "There is no such upload: it is over, or nothing came for a day."
	case "ERR_MISMATCHED_OFFSET":
		words = "That is not where the upload stands: ask it with HEAD, and go on from there."
	case "ERR_MAX_SIZE_EXCEEDED":
		words = "The file is larger than " + size(maxUpload) + ", and nothing that large is taken."
	}
	if words == "" {
		words = http.StatusText(w.code)
	}
	problem(c, w.code, sentence(errors.New(words)))
}

// tusWriter keeps tusd's refusals back, and makes its addresses relative: a proxy may
// have another name and another protocol.
type tusWriter struct {
	gin.ResponseWriter
	code int
	body bytes.Buffer
}

func (w *tusWriter) WriteHeader(code int) {
	if code >= http.StatusBadRequest {
		w.code = code
		return
	}
	if at := w.Header().Get("Location"); at != "" {
		w.Header().Set("Location", uploadsAt+"/"+path.Base(at))
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *tusWriter) Write(b []byte) (int, error) {
	if w.code != 0 {
		return w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *tusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (s *Server) createUpload(c *gin.Context) {
	asked := s.tus(c, func(h *handler.UnroutedHandler) http.HandlerFunc { return h.PostFile })
	change(c, "upload "+asked.path)
	if asked.id != "" && c.Writer.Status() >= http.StatusBadRequest && !s.uploads.exists(asked.id) {
		s.uploads.forget(asked.id)
	}
}

// exists reports whether an upload came to be.
func (u *uploads) exists(id string) bool {
	one, err := u.restored(id)
	return one != nil || err != nil
}

// forget lets go of an upload, unless it is being checked at the moment.
func (u *uploads) forget(id string) bool {
	u.mu.Lock()
	one := u.all[id]
	if one != nil && one.State == checking && one.retry.IsZero() {
		u.mu.Unlock()
		return false
	}
	delete(u.all, id)
	u.mu.Unlock()
	if one != nil {
		u.remove(*one)
	}
	return true
}

// uploadsBegun reports whether it is known which uploads there are. It has answered
// where it is not: who is told that there is no such upload begins it anew.
func (s *Server) uploadsBegun(c *gin.Context) bool {
	if s.uploads.begun(c.Request.Context()) {
		return true
	}
	cause := s.uploads.why()
	if final(cause) {
		mediaProblem(c, cause)
		return false
	}
	if cause == nil {
		cause = errors.New("it is not known yet which uploads there are")
	}
	c.Header("Retry-After", "5")
	problem(c, http.StatusServiceUnavailable, "Nothing can be uploaded at the moment: "+cause.Error()+". Try again in a few seconds.")
	return false
}

// known is the upload that is meant. It has answered where there is none.
func (s *Server) known(c *gin.Context) (Upload, bool) {
	if !s.uploadsBegun(c) {
		change(c, "")
		return Upload{}, false
	}
	s.uploads.mu.Lock()
	one := s.uploads.all[c.Param("id")]
	var shown Upload
	if one != nil {
		shown = one.Upload
	}
	s.uploads.mu.Unlock()
	if one == nil {
		change(c, "")
		problem(c, http.StatusNotFound, "There is no such upload: it is over, or nothing came for a day.")
	}
	return shown, one != nil
}

// askUpload tells where an upload stands. One that has all its bytes is over for who
// sent them, whatever becomes of it.
func (s *Server) askUpload(c *gin.Context) {
	one, ok := s.known(c)
	switch {
	case !ok:
	case one.State == receiving:
		s.tus(c, func(h *handler.UnroutedHandler) http.HandlerFunc { return h.HeadFile })
	default:
		c.Header("Tus-Resumable", "1.0.0")
		c.Header("Cache-Control", "no-store")
		c.Header("Upload-Offset", strconv.FormatInt(one.Bytes, 10))
		c.Header("Upload-Length", strconv.FormatInt(one.Bytes, 10))
		c.Status(http.StatusOK)
	}
}

func (s *Server) fillUpload(c *gin.Context) {
	change(c, "") // a part of an upload: the whole is noted
	if _, ok := s.known(c); ok {
		s.tus(c, func(h *handler.UnroutedHandler) http.HandlerFunc { return h.PatchFile })
	}
}

// dropUpload gives up an upload, or takes one that is over off the list.
func (s *Server) dropUpload(c *gin.Context) {
	one, ok := s.known(c)
	if !ok {
		return
	}
	change(c, "give up the upload of "+one.Path)
	switch one.State {
	case receiving:
		s.tus(c, func(h *handler.UnroutedHandler) http.HandlerFunc { return h.DelFile })
		if c.Writer.Status() >= http.StatusBadRequest {
			return
		}
	case checking:
		if s.uploads.forget(one.ID) { // it waits to be tried again
			c.Status(http.StatusNoContent)
			s.news.upload()
			return
		}
		problemWith(c, http.StatusConflict, one.Name+" is being checked. Remove it when that is over.", gin.H{"code": control.Conflict})
		return
	default:
		change(c, "")
		c.Status(http.StatusNoContent)
	}
	s.uploads.forget(one.ID)
	s.news.upload()
}

// silence is where tusd's own log goes: what matters is told by us.
type silence struct{}

func (silence) Enabled(context.Context, slog.Level) bool  { return false }
func (silence) Handle(context.Context, slog.Record) error { return nil }
func (s silence) WithAttrs([]slog.Attr) slog.Handler      { return s }
func (s silence) WithGroup(string) slog.Handler           { return s }
