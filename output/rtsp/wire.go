package rtsp

import (
	"bufio"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/auth"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/conn"
	"github.com/bluenviron/gortsplib/v5/pkg/headers"

	"airloom/output/link"
)

// wire is RTSP's messages over a socket. One goroutine reads, one writes.
type wire struct {
	target target
	conn   net.Conn // what is spoken over: the TCP connection or TLS on it
	tcp    *net.TCPConn
	rtsp   *conn.Conn
	sent   atomic.Int64 // bytes

	cseq    int
	session string
	auth    *auth.Sender

	heard atomic.Int64 // when the last message came, Unix nanoseconds
	pongs atomic.Int64 // answers to requests, once the server records
}

func newWire(c net.Conn, tcp *net.TCPConn, t target) *wire {
	w := &wire{target: t, conn: c, tcp: tcp}
	w.rtsp = conn.NewConn(bufio.NewReader(c), w)
	return w
}

// Write counts what is written.
func (w *wire) Write(b []byte) (int, error) {
	n, err := w.conn.Write(b)
	w.sent.Add(int64(n))
	return n, err
}

// say writes a request.
func (w *wire) say(method base.Method, u *base.URL, header base.Header, body []byte) error {
	w.cseq++
	h := base.Header{"CSeq": {strconv.Itoa(w.cseq)}, "User-Agent": {"airloom"}}
	if w.session != "" {
		h["Session"] = base.HeaderValue{w.session}
	}
	for k, v := range header {
		h[k] = v
	}
	r := &base.Request{Method: method, URL: u, Header: h, Body: body}
	if w.auth != nil {
		w.auth.AddAuthorization(r)
	}
	return w.rtsp.WriteRequest(r)
}

// ask writes a request and waits for its answer; where the server wants to know
// who asks, once more.
func (w *wire) ask(method base.Method, u *base.URL, header base.Header, body []byte) (*base.Response, error) {
	for {
		err := w.say(method, u, header, body)
		if err != nil {
			return nil, w.target.openFault(method, err)
		}
		r, err := w.answer()
		if err != nil {
			return nil, w.target.openFault(method, err)
		}
		if r.StatusCode == base.StatusUnauthorized && w.auth == nil && w.target.user != "" {
			a := &auth.Sender{WWWAuth: r.Header["WWW-Authenticate"], User: w.target.user, Pass: w.target.pass}
			if err := a.Initialize(); err != nil {
				return nil, w.target.openFault(method, err)
			}
			w.auth = a
			continue
		}
		if v, ok := r.Header["Session"]; ok {
			var s headers.Session
			if s.Unmarshal(v) == nil {
				w.session = s.Session
			}
		}
		return r, nil
	}
}

// answer waits for the answer to the last request.
func (w *wire) answer() (*base.Response, error) {
	for {
		m, err := w.read()
		if err != nil {
			return nil, err
		}
		r, ok := m.(*base.Response)
		if !ok {
			continue
		}
		if c := r.Header["CSeq"]; len(c) == 0 || c[0] == strconv.Itoa(w.cseq) {
			return r, nil
		}
	}
}

// read returns the next thing that the server says.
func (w *wire) read() (any, error) {
	m, err := w.rtsp.Read()
	if err == nil {
		w.heard.Store(time.Now().UnixNano())
	}
	return m, err
}

// spoken is what the server has said so far. A server answers in turn, so an
// answer also acknowledges all media before the request.
func (w *wire) spoken() link.Spoken {
	n := w.pongs.Load()
	return link.Spoken{Heard: time.Unix(0, w.heard.Load()), Acks: n, Pongs: n}
}
