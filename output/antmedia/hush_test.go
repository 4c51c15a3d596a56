package antmedia

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"airloom/output/rtmp"
)

// A server that tells us our own secrets, in any of its ways, has nobody else told.
func TestServersWordsAreHushed(t *testing.T) {
	const token, key, secret, given = "aaa.g+h/eim.0815", "key-4711", "s3cret/+x", "one-time-token"
	echo := strings.Join([]string{key, "Bearer " + token, url.QueryEscape(token), url.PathEscape(secret), url.QueryEscape(secret), secret,
		strings.ToUpper(key), given, "bearer other-token"}, " and ")
	for name, say := range map[string]func(w http.ResponseWriter, code int){
		"JSON": func(w http.ResponseWriter, code int) {
			w.WriteHeader(code)
			_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "message": "no: " + echo})
		},
		"a page": func(w http.ResponseWriter, code int) { page(w, code, "no: "+echo) },
	} {
		for _, code := range []int{400, 401, 403, 404, 500} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("expireDate") == "1" {
					_, _ = w.Write([]byte(`{"tokenId": "` + given + `"}`))
					return
				}
				say(w, code)
			}))
			c, err := NewClient(s.URL+"/LiveApp", token)
			require.NoError(t, err)
			d, err := rtmp.New("rtmp://127.0.0.1:1/LiveApp/"+key, nil)
			require.NoError(t, err)
			NewDialer(d, Options{Client: c, Credential: Credential{By: ByHash, Secret: secret}})
			got, err := c.Token(t.Context(), key, ByToken, time.Unix(1, 0))
			require.NoError(t, err)
			require.Equal(t, given, got)
			told := ""
			_, first := c.Token(t.Context(), key, ByToken, time.Unix(2, 0))
			_, second := c.Version(t.Context())
			for _, err := range []error{first, second, c.Create(t.Context(), key), c.Stop(t.Context(), key), c.Delete(t.Context(), key)} {
				var e *Error
				require.ErrorAs(t, err, &e)
				told += err.Error() + e.Said
			}
			require.Contains(t, told, "no: … and Bearer … and ", "%s, %d", name, code)
			for _, hush := range []string{token, key, secret, given, "eim", "s3cret", "4711", "other-token"} {
				require.NotContains(t, strings.ToLower(told), hush, "%s, %d", name, code)
			}
			c.Close()
			s.Close()
		}
	}
}

func TestLongWordsEndWithALetter(t *testing.T) {
	for n := range 4 {
		s := short(strings.Repeat("x", n) + strings.Repeat("語", 100))
		require.True(t, utf8.ValidString(s), s)
		require.True(t, strings.HasSuffix(s, "語…"), s)
	}
	require.True(t, utf8.ValidString(short("\xff no")))
}

// What is told of the time is the time that was waited.
func TestTheRealWaitIsTold(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.hangs = true })
	c, err := NewClient(f.http.URL+"/LiveApp", "")
	require.NoError(t, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = c.Broadcast(ctx, "ch1")
	require.Regexp(t, `does not answer within \d+ms$`, err.Error())
}
