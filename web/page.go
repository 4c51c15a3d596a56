package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"

	"github.com/gin-gonic/gin"
)

//go:embed all:ui/dist
var dist embed.FS

func embedded() fs.FS {
	sub, err := fs.Sub(dist, "ui/dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	return sub
}

const unbuilt = "This airloom was built without its page: run make, which builds it.\n"

// index is the page. It names the assets of this build, so it may not be kept.
func (s *Server) index(c *gin.Context) {
	c.Header("Cache-Control", "no-cache")
	html, err := fs.ReadFile(s.page, "index.html")
	if err != nil {
		c.Data(http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte(unbuilt))
		return
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", html)
}

// asset is a part of the page. Its name changes with its content, so it may be
// kept for ever.
func (s *Server) asset(c *gin.Context) {
	name := path.Join("assets", path.Clean("/"+c.Param("name")))
	if info, err := fs.Stat(s.page, name); err != nil || info.IsDir() {
		problem(c, http.StatusNotFound, "Nothing is served at "+c.Request.URL.Path+".")
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(c.Writer, c.Request, s.page, name)
}
