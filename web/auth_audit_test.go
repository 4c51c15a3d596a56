package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// words are the changes that were noted, in short, from the n-th on.
func (h *house) words(n int) (all []string) {
	for _, c := range h.noted()[n:] {
		how := "ok"
		if !c.OK {
			how = string(c.Code)
		}
		all = append(all, control.Who{Name: c.By, Via: c.Via}.String()+" from "+c.From+": "+c.Asked+": "+how+": "+c.Said)
	}
	return all
}

func TestChangesAreNoted(t *testing.T) {
	h := guarded(t, full)
	g := h.http.Handler.(*gin.Engine)
	g.PUT("/test/:name", func(c *gin.Context) {
		switch c.Param("name") {
		case "named":
			change(c, "save main.yml")
		case "silent":
			change(c, "")
		case "wrong":
			problem(c, http.StatusConflict, "Somebody else saved it.")
		case "broken":
			panic("broken")
		}
	})
	vera, oskar, nobody := h.person(t, "vera"), h.person(t, "oskar"), h.visitor(t)
	require.Equal(t, []string{
		"vera (desk) from 127.0.0.1: sign in: ok: signed in as viewer",
		"oskar (desk) from 127.0.0.1: sign in: ok: signed in as operator",
	}, h.words(0))
	oskar.do("PUT", "/test/x", "")
	oskar.do("PUT", "/test/named", "")
	oskar.do("PUT", "/test/silent", "")
	oskar.do("PUT", "/test/wrong", "")
	oskar.do("PUT", "/test/broken", "")
	nobody.do("PUT", "/test/x", "", bearer(programToken))
	vera.do("PUT", "/test/x", "")
	vera.do("POST", "/api/v1/commands/skip", "")
	oskar.do("POST", "/api/v1/commands/skip", "") // the desk notes it
	oskar.get("/api/v1/status")
	nobody.do("PUT", "/test/x", "")
	nobody.do("PUT", "/test/x", "", bearer("wrong"))
	nobody.login("oskar", "wrong")
	nobody.do("POST", "/api/v1/logout", "")
	oskar.do("POST", "/api/v1/logout", "")
	require.Equal(t, []string{
		"oskar (desk) from 127.0.0.1: PUT /test/x: ok: ok",
		"oskar (desk) from 127.0.0.1: save main.yml: ok: ok",
		"oskar (desk) from 127.0.0.1: PUT /test/wrong: conflict: Somebody else saved it.",
		"oskar (desk) from 127.0.0.1: PUT /test/broken: refused: internal server error",
		"automation (token) from 127.0.0.1: PUT /test/x: ok: ok",
		"vera (desk) from 127.0.0.1: PUT /test/x: refused: This takes the role operator; yours is viewer.",
		"vera (desk) from 127.0.0.1: POST /api/v1/commands/skip: refused: This takes the role operator; yours is viewer.",
		"oskar (desk) from 127.0.0.1: sign out: ok: signed out",
	}, h.words(2))
}

// The desk's list is where they all go.
func TestTheDeskKeepsWhatIsNoted(t *testing.T) {
	d := control.NewDesk(control.Rooms{})
	defer d.Close()
	h := guarded(t, func(c *Config) { c.Note = d.Note })
	h.person(t, "ada")
	require.Len(t, d.Notes(), 1)
	require.Equal(t, "ada", d.Notes()[0].By)
	require.Equal(t, "127.0.0.1", d.Notes()[0].From)
}

// Where nobody takes notes, the log does. Neither passwords nor what was typed in
// the place of a name get there.
func TestTheLogOfSignIns(t *testing.T) {
	log, lines := logged()
	h := guarded(t, func(c *Config) { c.Note, c.Log = nil, log })
	v := h.visitor(t)
	v.login("oskar", "wr0ng")
	v.login("oskar's word", "x")
	v.login("oskar", "oskar's word")
	text := lines()
	require.Contains(t, text, `msg="sign-in refused" event=sign-in-refused name=oskar from=127.0.0.1`)
	require.Contains(t, text, `msg="sign-in refused" event=sign-in-refused name="(nobody's name)"`)
	require.Contains(t, text, `msg="change sign in" event=change by=oskar via=desk from=127.0.0.1 ok=true`)
	require.NotContains(t, text, "wr0ng")
	require.NotContains(t, text, "oskar's word")
}

func TestWithoutUsersChangesAreNotedToo(t *testing.T) {
	h := guarded(t, func(c *Config) { c.Users, c.Tokens = nil, nil })
	h.http.Handler.(*gin.Engine).DELETE("/test", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodDelete, h.base+"/test", strings.NewReader(""))
	h.http.Handler.ServeHTTP(w, r)
	require.Equal(t, []string{"loopback from : DELETE /test: ok: no content"}, h.words(0))
}
