package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/web"
)

// fourItems is a playlist to work on.
const fourItems = `name: Four
items:
  - {source: long1.mp4, title: First}
  - {source: long2.mp4, title: Second}
  - {source: long1.mp4, title: Third}
  - {source: long2.mp4, title: Fourth}
`

// mishaps is a stage whose process and files can be meddled with; the playlists that
// it names hold four items each.
func mishaps(t *testing.T, webKeys, token string, lists ...string) *stage {
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	_, items := longItems(t)
	setup := airtest.Setup{Output: srv.URL("x"), Items: items, Web: webKeys, Token: token, Lists: map[string]string{}}
	for _, name := range lists {
		setup.Lists[name] = fourItems
	}
	s := onStage(t, airtest.Airloom(t, setup), srv)
	s.order("airloom/kill", func(string) { s.ch.Kill() })
	s.order("airloom/again", func(string) { s.ch.Again() })
	s.orders.HandleFunc("POST /file", func(w http.ResponseWriter, r *http.Request) {
		b, err := os.ReadFile(filepath.Join(s.ch.Dir, "playlists", r.URL.Query().Get("name")))
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(b)
	})
	return s
}

// Nothing of an edit is lost. The two run beside each other alone: browsers would take
// the time from under tests that judge it.
func TestDesk03(t *testing.T) {
	t.Run("People", testPeople)
	t.Run("Lost", testLost)
}

// Two people at one playlist, a hand on its file, a page that is loaded again, and a
// restart that signs everybody out: see web/ui/e2e/people.spec.ts.
func testPeople(t *testing.T) {
	t.Parallel()
	users, told := people(t, map[string]string{"mira": "operator", "jonas": "operator"})
	token, hash := web.NewToken()
	s := mishaps(t, fmt.Sprintf(`users: %s, tokens: [{name: test, hash: %q, role: viewer}]`, users, hash), token, "two.yml", "clash.yml", "disk.yml", "again.yml", "restart.yml")
	s.told["user"], s.told["other"] = told["mira"], told["jonas"]
	s.play("people.spec.ts")
}

// The engine goes and comes back, and so does the network, while somebody edits: see
// web/ui/e2e/lost.spec.ts.
func testLost(t *testing.T) {
	t.Parallel()
	s := mishaps(t, "", "", "restart.yml", "shut.yml", "silent.yml", "deaf.yml")
	far := wireTo(t, s.ch.URL("")[len("http://"):])
	s.told["far"] = "http://" + far.l.Addr().String()
	for name, how := range map[string]func(*wire){
		"far/shut":   func(w *wire) { w.shut = true },
		"far/silent": func(w *wire) { w.silent, w.deaf = true, true },
		"far/deaf":   func(w *wire) { w.deaf = true },
		"far/whole":  func(w *wire) { w.shut, w.silent, w.deaf = false, false, false },
	} {
		s.order(name, func(string) { far.set(how) })
	}
	s.play("lost.spec.ts")
}

// wire is a network between a browser and the engine that may be cut, or lose what is
// sent without a word to either.
type wire struct {
	l    net.Listener
	wg   sync.WaitGroup
	to   string
	mu   sync.Mutex
	both map[net.Conn]bool

	shut   bool // nobody answers
	silent bool // what the browser sends is lost
	deaf   bool // what the engine sends is lost
}

func wireTo(t *testing.T, to string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{l: l, to: to, both: map[net.Conn]bool{}}
	w.wg.Add(1)
	go w.accept()
	t.Cleanup(func() {
		l.Close()
		w.set(func(*wire) {})
		w.wg.Wait()
	})
	return w
}

// set changes how the wire is. What was lost is not sent again: a connection that is
// there when it is whole again is dead.
func (w *wire) set(how func(*wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how(w)
	if w.silent || w.deaf {
		return
	}
	for c := range w.both {
		c.Close()
	}
	clear(w.both)
}

func (w *wire) accept() {
	defer w.wg.Done()
	for {
		near, err := w.l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil {
			near.Close()
			continue
		}
		w.mu.Lock()
		if w.shut {
			w.mu.Unlock()
			near.Close()
			far.Close()
			continue
		}
		w.both[near], w.both[far] = true, true
		w.mu.Unlock()
		w.wg.Add(2)
		go w.pass(far, near, func() bool { return w.silent })
		go w.pass(near, far, func() bool { return w.deaf })
	}
}

// pass copies one direction, but for what is lost.
func (w *wire) pass(to, from net.Conn, lost func() bool) {
	defer w.wg.Done()
	defer to.Close()
	_, _ = io.Copy(writer(func(b []byte) (int, error) {
		w.mu.Lock()
		gone := lost()
		w.mu.Unlock()
		if gone {
			return len(b), nil
		}
		return to.Write(b)
	}), from)
}

type writer func([]byte) (int, error)

func (f writer) Write(b []byte) (int, error) { return f(b) }
