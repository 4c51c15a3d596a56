package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// hlsPath is where players and servers pull the stream.
const hlsPath = "/hls/*name"

// HLS is the stream for players, and who may pull it.
type HLS struct {
	Handler http.Handler // index.m3u8 and what it names; nil: none
	// Token lets in who shows it as ?token=…, and nobody else but people and
	// programs that may look anyway. "": these alone, and everybody where there are
	// no users.
	Token string
}

// hls serves it, to GET and HEAD.
func (s *Server) hls(g *gin.Engine) {
	if s.cfg.HLS.Handler == nil {
		return
	}
	h := gin.WrapH(http.StripPrefix("/hls", s.cfg.HLS.Handler))
	g.GET(hlsPath, h)
	g.HEAD(hlsPath, h)
}

// forPlayers lets players in pages of other sites read what is answered under the
// stream's path, problems included: else they cannot tell them from a network's.
func (s *Server) forPlayers(c *gin.Context) {
	if s.cfg.HLS.Handler != nil && strings.HasPrefix(c.Request.URL.Path, "/hls/") {
		c.Header("Access-Control-Allow-Origin", "*")
		c.Header("Cross-Origin-Resource-Policy", "cross-origin")
	}
}

// pulls reports whether a request shows that it may pull the stream, and whether
// one who did not show a token is kept out of it.
func (s *Server) pulls(c *gin.Context) (may, must bool) {
	if c.FullPath() != hlsPath || s.cfg.HLS.Token == "" {
		return false, false
	}
	// Hashes are of one length, so that time tells nothing of the token's.
	shown, token := sha256.Sum256([]byte(c.Query("token"))), sha256.Sum256([]byte(s.cfg.HLS.Token))
	return subtle.ConstantTimeCompare(shown[:], token[:]) == 1, true
}
