package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

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

// index is the page. It names the assets of this build, so a browser that keeps it
// asks each time whether it is still the one.
func (s *Server) index(c *gin.Context) {
	if _, err := fs.Stat(s.page, "index.html"); err != nil {
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte(unbuilt))
		return
	}
	s.file(c, "index.html", "no-cache")
}

// asset is a part of the page. Its name changes with its content, so it may be
// kept for ever.
func (s *Server) asset(c *gin.Context) {
	s.file(c, path.Join("assets", path.Clean("/"+c.Param("name"))), "public, max-age=31536000, immutable")
}

// served are the first parts of paths at which the page has none of its own.
var served = map[string]bool{
	"api": true, "assets": true, "hls": true, "preview": true, "uploads": true, "healthz": true, "metrics": true, "epg.xml": true,
}

// elsewhere answers where there is no route: the page shows what a person asks for,
// /playlists/main.yml say; files such as an icon lie beside it.
func (s *Server) elsewhere(c *gin.Context) {
	name := strings.TrimPrefix(path.Clean(c.Request.URL.Path), "/")
	first, _, _ := strings.Cut(name, "/")
	reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	info, err := fs.Stat(s.page, name)
	switch {
	case !reads || served[first]:
	case err == nil && info.Mode().IsRegular() && !strings.HasPrefix(first, "."):
		s.file(c, name, "no-cache")
		return
	case strings.Contains(c.GetHeader("Accept"), "text/html"):
		s.index(c)
		return
	}
	notServed(c)
}

func notServed(c *gin.Context) {
	problem(c, http.StatusNotFound, "Nothing is served at "+c.Request.URL.Path+".")
}

// packed are the ways in which a file may lie beside itself compressed, the
// smallest first.
var packed = []struct{ encoding, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

// file answers with a file of the page, compressed where it lies there so and the
// browser takes that.
func (s *Server) file(c *gin.Context, name, keep string) {
	info, err := fs.Stat(s.page, name)
	if ext := path.Ext(name); err != nil || info.IsDir() || ext == ".br" || ext == ".gz" {
		notServed(c)
		return
	}
	kind, as := mime.TypeByExtension(path.Ext(name)), name
	for _, p := range packed {
		if _, err := fs.Stat(s.page, name+p.ending); err != nil {
			continue
		}
		c.Header("Vary", "Accept-Encoding")
		if as == name && accepts(c.GetHeader("Accept-Encoding"), p.encoding) {
			as = name + p.ending
			c.Header("Content-Encoding", p.encoding)
		}
	}
	data, err := fs.ReadFile(s.page, as)
	if err != nil {
		notServed(c)
		return
	}
	sum := sha256.Sum256(data)
	c.Header("ETag", tagOf(hex.EncodeToString(sum[:8])))
	c.Header("Cache-Control", keep)
	c.Header("Content-Type", cmp.Or(kind, "application/octet-stream"))
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(data))
}

// accepts reports whether an Accept-Encoding names the encoding and does not refuse
// it.
func accepts(header, encoding string) bool {
	for one := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, weighed := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !weighed || err == nil && weight > 0
		}
	}
	return false
}
