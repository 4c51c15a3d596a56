package web

// What is refused, and which tests show it. Those without a room are in this one.
//
//	path traversal in playlists          TestHostileNames, TestReadAPlaylist, TestCreateRenameRemove
//	  in media and uploads               playout/shelf TestNothingLeadsOut, TestPlace; TestUploadTurnedDown
//	  in the page's files                TestPage, TestPathsOfThePage
//	  in what playlists name             playlist TestResolve
//	zip-like and misleading names        TestHostileNames, playlist/library TestSaveRefuses
//	symlink escape, playlists            playlist/library TestRow4Links, TestSaveRefuses
//	  media                              playout/shelf TestList, TestNothingLeadsOut; playout/clip TestNothingOutsideTheRoot
//	  a decoder that was taken over      playout/worker TestRights
//	oversized bodies                     TestEveryBodyIsBounded, TestWhatIsTooLargeIsRefused
//	  playlists that unfold              playlist TestBombs, TestTooManyItems
//	  uploads                            TestUploadTurnedDown, TestUploadDiskFullMidway
//	slow-loris                           TestSlowSendersAreCutOff, TestTooManyConnectionsAreClosed, TestUploadSlowLoris
//	  slow readers                       TestASlowListenerIsCutOff, TestListenersAreBounded
//	SSRF: schemes and hosts              playlist TestResolve
//	  redirects, lists of parts, files   playout/clip TestAnAddressLeadsNowhereElse
//	  addresses of the house             playout/clip TestNoAddressLeadsNearerThanItIs, TestClassesOfAddresses
//	  files that name addresses          playout/worker TestRealClipOverHTTP, TestRights: no sockets
//	CSRF                                 TestNoOtherSiteChangesAnything, TestChangesThatAnotherSiteAsksForAreRefused
//	DNS rebinding                        TestGuardAgainstRebinding, TestTheGuardStandsBeforePeopleToo
//	session cookie                       TestTheSessionsCookie, TestSignInAndOut; under TLS TestHTTPS
//	sessions                             TestSessionsCannotBePlanted, TestSessionsEndByTime, TestSessionsEndWithTheirUsers
//	roles, for every route               TestNoRouteIsLeftOpen, TestRoles, TestUploadRights
//	the stream that players pull         TestWhoMayPull, TestWhoMayPullWhereThereAreNoUsers
//	guessing passwords                   TestGuessingIsSlowedDown, TestGuessingAtOnceGainsNothing, TestNobodyIsLockedOut
//	  and names                          TestNamesCannotBeFoundOut, TestNamesCannotBeFoundOutByTime
//	CSP and other headers                TestEveryAnswerHasTheHeaders, TestThePolicy, TestBuiltPage
//	third parties                        TestThePolicy: a browser asks nobody else; TestBuiltPage
//	secrets in answers                   TestNoAnswerHoldsASecret, TestTwoPasswordsAreNotMixedUp, configs TestSecretsAreNeverPrinted
//	  in libav's words                   playout/worker TestLibavsWordsDoNotHoldASecret
//	audit                                TestChangesAreNoted, TestTheDeskKeepsWhatIsNoted, TestTheLogOfSignIns
//	open to others without users         TestWithoutUsersOthersMayNotReachIt; configs TestBadFiles (web-open-all)

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// tree is all there is below a folder, with what is in it.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

// No name leads out of the folder of playlists, nor to where others keep theirs, nor
// looks like what it is not.
func TestHostileNames(t *testing.T) {
	around := t.TempDir()
	dir := filepath.Join(around, "playlists")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(around, "airloom.yml"), []byte("secret: x"), 0o600))
	at := serve(t, Config{Lists: someLists(t, dir)}, onAir()) + "/api/v1/playlists/"
	before := tree(t, around)
	const good = "items: [{source: one.mp4}]\n"
	for _, name := range []string{
		"../airloom.yml", "../../../../etc/cron.d/x.yml", "/etc/x.yml", "//x.yml", "shows/../../x.yml", "./x.yml", "shows//x.yml", "shows/./x.yml",
		`..\airloom.yml`, `..\..\x.yml`, `C:\x.yml`, `shows\x.yml`, `\\host\share\x.yml`,
		"%2e%2e%2fairloom.yml/../../x.yml", "....//x.yml/..", "..%2fx.yml%00/..",
		"x.yml\x00.yml", "x\n.yml", "x\r\nSet-Cookie: a=b.yml", "\x1b[2Jx.yml", "lmy.\u202ex.yml", "a\u2066b.yml",
		".versions/main.yml", ".hidden.yml", "shows/.hidden/x.yml", "~x.yml", "x.yml~", "x.exe", "x", "", ".yml",
		strings.Repeat("x", 300) + ".yml", strings.Repeat("x/", 2500) + "x.yml", "\xff\xfe.yml",
	} {
		escaped := url.PathEscape(name)
		refusing := func(w reply) {
			t.Helper()
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed}, w.StatusCode, "%q: %s", name, w.body)
			require.NotContains(t, w.body, "secret")
			require.Empty(t, w.Header.Get("Set-Cookie"))
		}
		refusing(send(t, http.MethodPut, at+escaped, "text/plain", good, having("If-None-Match", "*")))
		refusing(send(t, http.MethodPut, at+escaped, "text/plain", good, having("If-Match", "*")))
		refusing(send(t, http.MethodPost, at+escaped+"/validate", "text/plain", good))
		refusing(send(t, http.MethodPost, at+escaped+"/versions/x-y/restore", "", "", having("If-Match", "*")))
		refusing(ask(t, http.MethodGet, at+escaped))
		refusing(ask(t, http.MethodGet, at+escaped+"/versions"))
		refusing(ask(t, http.MethodDelete, at+escaped, having("If-Match", "*")))
		refusing(ask(t, http.MethodGet, at+"main.yml/versions/"+escaped))
		to := strings.NewReplacer("\\", `\\`, "\n", `\n`, "\r", `\r`, "\x00", `\u0000`, "\x1b", `\u001b`, "\xff\xfe", `\ud800`).Replace(name)
		refusing(send(t, http.MethodPost, at+"main.yml/rename", "application/json", `{"to":"`+to+`"}`, having("If-Match", "*")))
		refusing(send(t, http.MethodPost, at+"new.yml/import?from="+url.QueryEscape(name), "text/plain", "a.mp4\n", having("If-None-Match", "*")))
	}
	require.Equal(t, before, tree(t, around), "nothing was written or removed")
}

// endless is a body without an end; it counts what is read of it.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += int64(len(p)); e.read > 1<<30 {
		return 0, io.ErrUnexpectedEOF
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// changing are all routes that change something, with made-up names in them.
func changing(s *Server) (list []gin.RouteInfo) {
	for _, r := range s.http.Handler.(*gin.Engine).Routes() {
		if !safe(r.Method) {
			r.Path = wild.ReplaceAllString(r.Path, "x.yml")
			list = append(list, r)
		}
	}
	return list
}

// No body is read for ever, whatever it is sent to. Parts of uploads are as long as
// they are said to be: their own tests look at them.
func TestEveryBodyIsBounded(t *testing.T) {
	s, _, _ := everything(t)
	routes := changing(s)
	require.Greater(t, len(routes), 20)
	for _, r := range routes {
		if strings.Contains(r.Path, "/uploads") {
			continue
		}
		most := int64(maxCommand)
		if strings.Contains(r.Path, "/playlists/") {
			most = maxPlaylist
		}
		body := &endless{}
		q := httptest.NewRequestWithContext(t.Context(), r.Method, "http://localhost"+r.Path+"?from=x.m3u", body)
		q.ContentLength = -1
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("If-Match", "*")
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, q)
		require.LessOrEqual(t, body.read, most+1<<20, "%s %s", r.Method, r.Path)
		if body.read > 0 {
			require.Equal(t, http.StatusRequestEntityTooLarge, w.Code, "%s %s: %s", r.Method, r.Path, w.Body)
		}
	}
}

// No page of another site changes anything, whatever it asks for.
func TestNoOtherSiteChangesAnything(t *testing.T) {
	s, d, _ := everything(t)
	for _, r := range changing(s) {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded"} {
				q := httptest.NewRequestWithContext(t.Context(), r.Method, "http://localhost"+r.Path, strings.NewReader(`{"on":true}`))
				q.Header.Set(name, value)
				q.Header.Set("Content-Type", kind)
				w := httptest.NewRecorder()
				s.http.Handler.ServeHTTP(w, q)
				require.Equal(t, http.StatusForbidden, w.Code, "%s %s with %s: %s", r.Method, r.Path, name, w.Body)
			}
		}
	}
	require.Empty(t, d.asked)
}

func TestTheSessionsCookie(t *testing.T) {
	h := guarded(t)
	w := h.visitor(t).login("oskar", "oskar's word")
	require.Len(t, w.Header.Values("Set-Cookie"), 1)
	words := strings.Split(w.Header.Get("Set-Cookie"), "; ")
	require.Subset(t, words, []string{"HttpOnly", "SameSite=Strict", "Path=/"})
	for _, word := range words {
		require.NotContains(t, word, "Domain", "it goes to this host alone")
	}
	require.NotContains(t, w.body, strings.SplitN(words[0], "=", 2)[1], "no script sees it")
}

// briefly asks, and does not wait for the end of what has none.
func briefly(t *testing.T, s *Server, method, path, accept string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if strings.HasSuffix(path, "/events") {
		time.AfterFunc(50*time.Millisecond, cancel)
	}
	q := httptest.NewRequestWithContext(ctx, method, "http://localhost"+path, http.NoBody)
	q.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, q)
	return w
}

// Every answer has the headers: of each route, and where there is none.
func TestEveryAnswerHasTheHeaders(t *testing.T) {
	s, _, _ := everything(t)
	asks := [][2]string{{"GET", "/none"}, {"PUT", "/api/v1/status"}, {"GET", "/playlists/main.yml"}, {"OPTIONS", "/api/v1/status"}, {"GET", "/%2e%2e/x"}}
	for _, r := range s.http.Handler.(*gin.Engine).Routes() {
		asks = append(asks, [2]string{r.Method, wild.ReplaceAllString(r.Path, "x")})
	}
	for _, a := range asks {
		w := briefly(t, s, a[0], a[1], "*/*")
		from, readers := "same-origin", ""
		if strings.HasPrefix(a[1], "/hls/") { // for players in pages of others, too
			from, readers = "cross-origin", "*"
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": from, "Permissions-Policy": powers,
		} {
			require.Equal(t, want, w.Header().Get(name), "%s of %s %s", name, a[0], a[1])
		}
		require.Equal(t, readers, w.Header().Get("Access-Control-Allow-Origin"), a[1])
		require.Empty(t, w.Header().Get("Server"), a[1])
	}
}

// The policy lets a browser ask nobody but this server, and run nothing that is
// written into a page.
func TestThePolicy(t *testing.T) {
	sources := map[string]string{}
	for part := range strings.SplitSeq(policy, "; ") {
		name, list, ok := strings.Cut(part, " ")
		require.True(t, ok, part)
		sources[name] = list
		for source := range strings.FieldsSeq(list) {
			require.Contains(t, []string{"'none'", "'self'", "data:", "blob:"}, source, part)
		}
	}
	for name, want := range map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'", "font-src": "'self'",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
		"img-src": "'self' data: blob:", "media-src": "'self' blob:", "worker-src": "'self' blob:",
	} {
		require.Equal(t, want, sources[name], name)
	}
}

// Nothing that can be looked at holds a password of a source.
func TestNoAnswerHoldsASecret(t *testing.T) {
	s, _, _ := everything(t) // main.yml has a source with a user and a token
	for _, r := range s.http.Handler.(*gin.Engine).Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		for _, kind := range []string{"application/json", "text/plain", "*/*"} {
			w := briefly(t, s, r.Method, wild.ReplaceAllString(r.Path, "main.yml"), kind)
			require.NotContains(t, w.Body.String(), "ops:secret", r.Path)
			require.NotContains(t, w.Body.String(), "token=abc", r.Path)
		}
	}
}
