package hls

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

// A token stands in every address of every playlist, and nothing else of a query does.
func TestTheTokenGoesAlong(t *testing.T) {
	const token = "a+b/c&d=\"e"
	for _, v := range variants {
		t.Run(string(v), func(t *testing.T) {
			src := newSource(t)
			o := pulled(t, src, v)
			feed(t, src, 260, o)
			until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
			lists := []string{"/index.m3u8", stream(v)}
			if v != MPEGTS {
				lists = append(lists, "/audio2_stream.m3u8")
			}
			for _, list := range lists {
				body := pull(o, list+"?x=1&token="+url.QueryEscape(token)).Body.String()
				found := 0
				for line := range strings.Lines(body) {
					line = strings.TrimSpace(line)
					at := line
					if m := uriIn.FindStringSubmatch(line); m != nil {
						at = m[1]
					} else if line == "" || line[0] == '#' {
						continue
					}
					found++
					u, err := url.Parse(at)
					require.NoError(t, err)
					require.Equal(t, url.Values{"token": {token}}, u.Query(), "%s in %s", at, body)
				}
				require.Positive(t, found)
				require.NotContains(t, pull(o, list).Body.String(), "?")
			}
		})
	}
}

// With low latency a player asks for what comes next, in the numbers it was told.
func TestPlayersWaitForWhatComesNext(t *testing.T) {
	src := newSource(t)
	o := pulled(t, src, LowLatency)
	feed(t, src, 260, o)
	until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
	list := readList(t, o, LowLatency)
	next := list.sequence + int64(len(list.segments))
	ask := func(n int64) chan int {
		got := make(chan int, 1)
		go func() { got <- pull(o, fmt.Sprintf("%s?_HLS_msn=%d&_HLS_part=0", stream(LowLatency), n)).Code }()
		return got
	}
	require.Equal(t, http.StatusOK, <-ask(next-1), "what is there is told at once")
	require.Equal(t, http.StatusOK, <-ask(1), "and so is it where a number is far behind")
	require.Equal(t, http.StatusBadRequest, <-ask(next+10))
	waiting := ask(next + 1)
	feed(t, src, 290, o)
	select {
	case <-waiting:
		t.Fatal("answered before it was there")
	default:
	}
	feed(t, src, 360, o)
	require.Equal(t, http.StatusOK, <-waiting)
	// Who waits when the stream breaks off is answered too.
	waiting = ask(readList(t, o, LowLatency).sequence + int64(len(list.segments)) + 1)
	require.NoError(t, o.Stop(t.Context()))
	require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, <-waiting)
}

func TestHeadersForPlayersAndCaches(t *testing.T) {
	src := newSource(t)
	o := pulled(t, src, FMP4)
	feed(t, src, 260, o)
	until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
	of := func(method, path string) http.Header {
		w := httptest.NewRecorder()
		o.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		w.Header().Set("Code", strconv.Itoa(w.Code))
		require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"), path)
		require.Equal(t, "cross-origin", w.Header().Get("Cross-Origin-Resource-Policy"), path)
		return w.Header()
	}
	segment := readList(t, o, FMP4).segments[0]
	for _, list := range []string{"/index.m3u8", stream(FMP4), "/none.ts", "/none.m3u8"} {
		require.Equal(t, "no-store", of("GET", list).Get("Cache-Control"), list)
	}
	require.Equal(t, "application/vnd.apple.mpegurl", of("HEAD", "/index.m3u8").Get("Content-Type"))
	require.Contains(t, of("GET", "/"+segment).Get("Cache-Control"), "max-age=3600")
	require.Equal(t, "video/mp4", of("HEAD", "/"+segment).Get("Content-Type"))
	require.Equal(t, "404", of("GET", "/none.m3u8").Get("Code"))
	sent := o.Status().Sent
	for _, path := range []string{"/index.m3u8", stream(FMP4), "/" + segment} {
		of("HEAD", path)
		require.Equal(t, sent, o.Status().Sent, "HEAD sends nothing: %s", path)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		h := of(method, "/index.m3u8")
		require.Equal(t, "405", h.Get("Code"))
		require.Equal(t, "GET, HEAD", h.Get("Allow"))
	}
	for range maxPulling {
		o.requests <- struct{}{}
	}
	require.Equal(t, "503", of("GET", "/index.m3u8").Get("Code"), "too many at once")
	require.Equal(t, "1", of("GET", "/index.m3u8").Get("Retry-After"))
	for range maxPulling {
		<-o.requests
	}
}

// Players count for a while, and what is remembered of them is bounded.
func TestPlayersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := players{seen: map[player]time.Time{}}
		ask := func(from, kind string) {
			r := httptest.NewRequest(http.MethodGet, "/index.m3u8", nil)
			r.RemoteAddr = from
			r.Header.Set("User-Agent", kind)
			p.note(r, time.Now())
		}
		ask("192.0.2.1:1", "mpv")
		ask("192.0.2.1:2", "mpv")
		ask("192.0.2.1:3", "vlc")
		ask("[2001:db8::1]:3", "vlc")
		require.Equal(t, 3, p.lately(time.Now()))
		time.Sleep(lately / 2)
		ask("192.0.2.1:4", "mpv")
		time.Sleep(lately/2 + time.Second)
		require.Equal(t, 1, p.lately(time.Now()))
		for i := range maxPlayers + 50 {
			ask(fmt.Sprintf("10.0.%d.%d:1", i/256, i%256), strings.Repeat("x", 1000))
		}
		require.Equal(t, maxPlayers, p.lately(time.Now()))
		time.Sleep(lately + 2*time.Second)
		ask("192.0.2.9:1", "mpv")
		require.Equal(t, 1, p.lately(time.Now()))
	})
}
