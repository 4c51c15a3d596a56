package antmedia

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is NOT Ant Media Server: it is a fake of its documented API and of what was
// measured of its RTMP port, for what the Community edition does not check (tokens,
// JWTs, hashes, one-time passwords) and for what cannot be had on demand. Its
// clock is an hour fast, since two machines' clocks may not be compared.
type fake struct {
	http *httptest.Server
	rtmp net.Listener

	mu         sync.Mutex
	broadcasts map[string]map[string]any
	conns      map[string]net.Conn // who holds an id; nil: a ghost
	tokens     map[string]bool     // false: used
	asked      []string            // of the REST API, in order
	published  []string            // the keys, as they came
	created    int

	// What it checks and how it is.
	by        string // token, jwt, totp or hash
	secret    string
	onlyKnown bool // acceptOnlyStreamsInDataStore
	keeps     bool // a session that ends is held on to
	hangs     bool // the REST API does not answer
	noApp     bool // RTMP says that there is no such app
	closing   int  // so many publishers are refused though nobody holds the id
	// A stop succeeds, and the session stays.
	unstoppable bool
	restToken   string
	noTokens    bool // Community: "It may be a mock token service"
	badTokens   bool // it gives ones that it does not accept
	answerWith  func(w http.ResponseWriter, r *http.Request) bool
}

const ahead = time.Hour

func (f *fake) now() time.Time { return time.Now().Add(ahead) }

func newFake(t *testing.T) *fake {
	f := &fake{broadcasts: map[string]map[string]any{}, conns: map[string]net.Conn{}, tokens: map[string]bool{}}
	f.http = httptest.NewServer(http.HandlerFunc(f.rest))
	var err error
	f.rtmp, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := f.rtmp.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); f.serve(c) })
		}
	})
	t.Cleanup(func() {
		f.http.CloseClientConnections()
		f.http.Close()
		_ = f.rtmp.Close()
		f.mu.Lock()
		for _, c := range f.conns {
			if c != nil {
				_ = c.Close()
			}
		}
		f.mu.Unlock()
		all.Wait()
	})
	return f
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) count(what string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		if strings.HasPrefix(a, what) {
			n++
		}
	}
	return n
}

// hold makes somebody else hold the id since that long ago.
func (f *fake) hold(id string, since time.Duration, more map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.make(id, "broadcasting")
	b["startTime"], b["updateTime"] = f.now().Add(-since).UnixMilli(), f.now().Add(-4*time.Second).UnixMilli()
	for k, v := range more {
		b[k] = v
	}
	f.conns[id] = nil
}

// breaks has the publisher's connection break; who keeps sessions still holds it.
func (f *fake) breaks(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.conns[id].Close()
	f.conns[id] = nil
}

// age makes a session so much older, and returns its start.
func (f *fake) age(id string, by time.Duration) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	start := f.broadcasts[id]["startTime"].(int64) - by.Milliseconds()
	f.broadcasts[id]["startTime"] = start
	return start
}

func (f *fake) make(id, status string) map[string]any {
	b := map[string]any{"streamId": id, "status": status, "type": "liveStream", "speed": 0.0, "width": 320, "height": 180,
		"receivedBytes": 0, "bitrate": 0, "startTime": 0, "updateTime": 0, "remoteIp": nil, "date": f.now().UnixMilli(),
		"plannedStartDate": 0, "plannedEndDate": 0, "expireDurationMS": 0}
	f.broadcasts[id] = b
	return b
}

// advance is what the server's figures do every ten seconds.
func (f *fake) advance(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.broadcasts[id]
	b["updateTime"], b["speed"], b["bitrate"] = f.now().UnixMilli(), 0.995, 512_000
	b["receivedBytes"] = b["receivedBytes"].(int) + 640_000
}

// serve is the RTMP port. All that a refused publisher gets is the end of the
// connection.
func (f *fake) serve(conn net.Conn) {
	count := bytecounter.NewReadWriter(conn)
	if _, _, err := handshake.DoServer(count, false); err != nil {
		return
	}
	talk := message.NewReadWriter(count, count, false)
	f.mu.Lock()
	noApp := f.noApp
	f.mu.Unlock()
	for {
		m, err := talk.Read()
		if err != nil {
			return
		}
		c, ok := m.(*message.CommandAMF0)
		if !ok {
			continue
		}
		status := func(code string) amf0.Object {
			return amf0.Object{{Key: "level", Value: "status"}, {Key: "code", Value: code}}
		}
		say := func(name string, args ...any) {
			_ = talk.Write(&message.CommandAMF0{ChunkStreamID: c.ChunkStreamID, Name: name, CommandID: c.CommandID, Arguments: args})
		}
		switch c.Name {
		case "connect":
			if noApp {
				say("_result", nil, amf0.Object{{Key: "level", Value: "error"}, {Key: "code", Value: "NetConnection.Connect.InvalidApp"},
					{Key: "description", Value: "No scope 'LiveApp' on this server"}})
				return
			}
			say("_result", nil, status("NetConnection.Connect.Success"))
		case "createStream":
			say("_result", nil, 1.0)
		case "publish":
			key, _ := c.Arguments[1].(string)
			id, query, _ := strings.Cut(key, "?")
			if !f.accepts(conn, id, query) {
				return
			}
			say("onStatus", nil, status("NetStream.Publish.Start"))
			defer f.leaves(conn, id)
		}
	}
}

// accepts decides whether the publisher holds the id from now on.
func (f *fake) accepts(conn net.Conn, id, query string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.published = append(f.published, id+"?"+query)
	_, held := f.conns[id]
	b, known := f.broadcasts[id]
	if !held && f.closing > 0 {
		f.closing--
		return false
	}
	if held || f.onlyKnown && !known || !f.shown(id, query) || known && b["plannedStartDate"].(int) > int(f.now().Unix()) {
		return false
	}
	if !known {
		b = f.make(id, "")
	}
	b["status"], b["startTime"], b["updateTime"] = "broadcasting", f.now().UnixMilli(), f.now().UnixMilli()
	f.conns[id] = conn
	return true
}

func (f *fake) leaves(conn net.Conn, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns[id] != conn {
		return
	}
	if f.conns[id] = nil; !f.keeps {
		delete(f.conns, id)
		if b, ok := f.broadcasts[id]; ok {
			b["status"] = "finished"
		}
	}
}

// shown checks what the publisher shows.
func (f *fake) shown(id, query string) bool {
	q, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	switch f.by {
	case ByToken, ByJWT:
		fresh := f.tokens[q.Get("token")]
		f.tokens[q.Get("token")] = false
		return fresh
	case ByHash:
		return q.Get("token") == Hash(id, f.secret)
	case ByTOTP:
		code, _ := TOTP(f.secret, f.now())
		return q.Get("subscriberId") == "sub" && q.Get("subscriberCode") == code
	}
	return true
}

// rest is the REST API.
func (f *fake) rest(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Method+" "+r.URL.Path)
	hangs, special := f.hangs, f.answerWith
	f.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	if special != nil && special(w, r) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path, isRest := strings.CutPrefix(r.URL.Path, "/LiveApp/rest/v2/")
	if isRest && f.restToken != "" && r.Header.Get("Authorization") != "Bearer "+f.restToken {
		page(w, http.StatusForbidden, "Invalid App JWT Token")
		return
	}
	answer := func(code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v)
	}
	result := func(ok bool, words string) map[string]any {
		return map[string]any{"success": ok, "message": words, "dataId": "", "errorId": 0}
	}
	part := strings.Split(path, "/")
	switch {
	case strings.HasSuffix(r.URL.Path, ".m3u8"):
		w.WriteHeader(http.StatusNotFound)
	case path == "version":
		answer(200, map[string]string{"versionName": "2.17.1", "versionType": "Enterprise Edition", "buildNumber": "fake"})
	case path == "broadcasts/create":
		var b struct {
			ID   string `json:"streamId"`
			Type string `json:"type"`
		}
		_ = json.NewDecoder(r.Body).Decode(&b)
		if _, there := f.broadcasts[b.ID]; there {
			answer(400, result(false, "Stream id is already being used. Please change stream id or keep it empty"))
			return
		}
		f.created++
		answer(200, f.make(b.ID, "created"))
	case part[1] == "list":
		list := []any{}
		for _, b := range f.broadcasts {
			list = append(list, b)
		}
		answer(200, list)
	case len(part) == 2:
		if b, ok := f.broadcasts[part[1]]; ok {
			answer(200, b)
			return
		}
		page(w, 404, "Not Found")
	case part[2] == "stop":
		c, held := f.conns[part[1]]
		if c != nil {
			_ = c.Close()
		}
		if held && !f.unstoppable {
			delete(f.conns, part[1])
			f.broadcasts[part[1]]["status"] = "finished"
		}
		answer(200, result(held, ""))
	case f.noTokens:
		answer(400, result(false, "Cannot create token. It may be a mock token service"))
	default:
		id := fmt.Sprintf("secret-token-%d", len(f.tokens))
		f.tokens[id] = !f.badTokens
		answer(200, map[string]any{"tokenId": id, "streamId": part[1], "type": r.URL.Query().Get("type")})
	}
}

// page is Tomcat's page of an error.
func page(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, `<!doctype html><body><h1>HTTP Status %d</h1><p><b>Type</b> Status Report</p><p><b>Message</b> %s</p></body>`, code, words)
}
