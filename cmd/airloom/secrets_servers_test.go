package main_test

import (
	"bufio"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	srt "github.com/datarhei/gosrt"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// rude is a server that fails its clients in one way after the other, and has what
// they told it in confidence in its words.
type rude struct {
	port  int
	words string // the secrets, as it says them
	// oneTime is what it gives who asks for a token, and tells them again later; "": nothing.
	oneTime string
	given   sync.Map // by whom it was given
	turn    atomic.Int64
}

// accept serves each connection by itself until the test's end.
func accept(t *testing.T, serve func(net.Conn)) (port int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var mu sync.Mutex
	var conns []net.Conn
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

// rtmpRefusals are the ways in which an RTMP server can fail a publisher.
const rtmpRefusals = 6

// rudeRTMP closes, talks HTTP, refuses to connect, refuses to publish, takes the
// stream and then breaks off with a word, and without.
func rudeRTMP(t *testing.T, words string) *rude {
	r := &rude{words: words}
	r.port = accept(t, func(c net.Conn) {
		head := make([]byte, 1)
		if n, err := c.Read(head); n == 0 || err != nil {
			return // a look at the port
		}
		switch n := (r.turn.Add(1) - 1) % rtmpRefusals; n {
		case 0:
		case 1:
			fmt.Fprintf(c, "HTTP/1.1 400 Bad Request\r\n\r\nnot for %s\r\n", words)
		default:
			r.talk(&behind{c, head}, int(n))
		}
	})
	return r
}

// behind is a connection of which the first byte has been read.
type behind struct {
	net.Conn
	head []byte
}

func (b *behind) Read(p []byte) (int, error) {
	if len(b.head) > 0 {
		n := copy(p, b.head)
		b.head = b.head[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}

func (r *rude) talk(c net.Conn, how int) {
	count := bytecounter.NewReadWriter(c)
	if _, _, err := handshake.DoServer(count, false); err != nil {
		return
	}
	rw := message.NewReadWriter(count, count, false)
	say := func(to *message.CommandAMF0, name string, args ...any) {
		_ = rw.Write(&message.CommandAMF0{ChunkStreamID: 3, Name: name, CommandID: to.CommandID, Arguments: args})
	}
	status := func(level, code string) amf0.Object {
		return amf0.Object{{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: "no room for " + r.words}}
	}
	media := 0
	for {
		m, err := rw.Read()
		if err != nil {
			return
		}
		cmd, ok := m.(*message.CommandAMF0)
		if !ok {
			if _, picture := m.(*message.Video); picture {
				media++
			}
			switch {
			case media > 50 && how == 4:
				say(&message.CommandAMF0{}, "onStatus", nil, status("error", "NetStream.Publish.BadName"))
				return
			case media > 50:
				return
			}
			continue
		}
		switch {
		case cmd.Name == "connect" && how == 2:
			say(cmd, "_error", nil, status("error", "NetConnection.Connect.Rejected"))
			return
		case cmd.Name == "connect":
			say(cmd, "_result", nil, status("status", "NetConnection.Connect.Success"))
		case cmd.Name == "createStream":
			say(cmd, "_result", nil, float64(1))
		case cmd.Name == "publish" && how == 3:
			say(cmd, "onStatus", nil, status("error", "NetStream.Publish.BadName"))
			return
		case cmd.Name == "publish":
			say(cmd, "onStatus", nil, status("status", "NetStream.Publish.Start"))
		}
	}
}

// rudeRTSP asks for a password and then refuses it, in words, again and again.
func rudeRTSP(t *testing.T, words string) *rude {
	r := &rude{words: words}
	r.port = accept(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		n := r.turn.Add(1)
		for authorised := false; ; {
			seq := ""
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line = strings.TrimSpace(line); line == "" {
					break
				}
				name, value, _ := strings.Cut(line, ":")
				switch strings.ToLower(name) {
				case "cseq":
					seq = strings.TrimSpace(value)
				case "authorization":
					authorised = true
				}
			}
			switch {
			case authorised && n%2 == 0:
				fmt.Fprintf(c, "RTSP/1.0 403 not with %s\r\nCSeq: %s\r\n\r\n", words, seq)
			case n%3 == 0:
				fmt.Fprintf(c, "what is %s\r\n\r\n", words)
				return
			default:
				fmt.Fprintf(c, "RTSP/1.0 401 Unauthorized\r\nCSeq: %s\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n", seq)
			}
		}
	})
	return r
}

// rudeHTTP answers everything wrongly: no, not now, no such thing, not JSON, somewhere
// else, nothing at all.
func rudeHTTP(t *testing.T, words string) *rude {
	r := &rude{words: words}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		n := r.turn.Add(1)
		switch {
		case r.oneTime != "" && strings.HasSuffix(q.URL.Path, "/token"):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"tokenId": %q}`, r.oneTime)
			r.given.Store(q.RemoteAddr, true)
			return
		case n%8 == 0:
			w.Header().Set("Location", "http://127.0.0.1:9/"+q.URL.RequestURI())
			w.WriteHeader(http.StatusFound)
		case n%8 == 7:
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				c.Close()
			}
			return
		case n%8 == 4:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"success": false, "message": %q}`, words)
			return
		default: // each kind of no, in either of the forms in which Ant Media Server says why
			code := []int{http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError}[n%3]
			told := words + " Bearer " + words + " " + url.QueryEscape(words) + " " + q.URL.RequestURI() + " " + q.Header.Get("Authorization")
			if _, knows := r.given.Load(q.RemoteAddr); knows {
				told = r.oneTime + " " + told
			}
			if n%2 == 0 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(code)
				fmt.Fprintf(w, `{"success": false, "message": %q}`, told)
				return
			}
			w.WriteHeader(code)
			fmt.Fprintf(w, "<p><b>Type</b> Status Report</p><p><b>Message</b> %s</p>", html.EscapeString(told))
			return
		}
		fmt.Fprintf(w, "no: %s %s", words, q.URL.RequestURI())
	}))
	t.Cleanup(s.Close)
	r.port = s.Listener.Addr().(*net.TCPAddr).Port
	return r
}

// rudeSRT refuses everybody, each time for another reason.
func rudeSRT(t *testing.T) *rude {
	r := &rude{port: airtest.FreePort(t)}
	l, err := srt.Listen("srt", fmt.Sprintf("127.0.0.1:%d", r.port), srt.DefaultConfig())
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			q, err := l.Accept2()
			if err != nil {
				return
			}
			why := []srt.RejectionReason{srt.REJ_BADSECRET, srt.REJX_NOTFOUND, srt.REJX_UNAUTHORIZED, srt.REJ_PEER}
			q.Reject(why[r.turn.Add(1)%int64(len(why))])
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return r
}
