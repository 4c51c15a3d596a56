package rtsp

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/conn"
	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/outputtest"
)

func open(t *testing.T, url string, config *tls.Config) (output.Session, error) {
	d, err := New(url, config)
	require.NoError(t, err)
	tcp, err := d.Reach(context.Background())
	require.NoError(t, err)
	return d.Open(context.Background(), tcp, outputtest.Coded(t, 100).Info)
}

// Whatever a server does instead of taking the stream is put into words.
func TestRefusalsInWords(t *testing.T) {
	for name, x := range map[string]struct {
		server *server
		user   string
		cause  output.Cause
		words  string
	}{
		"no user":        {&server{user: "a", pass: "b"}, "", output.CauseCredential, "wants a user and password (401"},
		"wrong password": {&server{user: "user", pass: "b"}, "user:secret@", output.CauseCredential, "does not accept the user or the password (401"},
		"forbidden":      {&server{deny: base.StatusForbidden}, "", output.CauseForbidden, "does not allow to publish there (403"},
		"not found":      {&server{deny: base.StatusNotFound}, "", output.CauseIDUnknown, "does not know the path, or takes no publisher at it (404"},
		"no session":     {&server{deny: base.StatusSessionNotFound}, "", "refused", "has lost the session that it opened (454"},
		"no bandwidth":   {&server{deny: base.StatusNotEnoughBandwidth}, "", output.CauseBusy, "is at its limit (453"},
		"no TCP":         {&server{deny: base.StatusUnsupportedTransport}, "", "refused", "takes no RTSP over TCP (461"},
		"no publishers":  {&server{deny: base.StatusNotImplemented}, "", "refused", "takes no publishers at all, or not at that path (501"},
		"anything else":  {&server{deny: base.StatusBadRequest}, "", "refused", "refused the stream: 400 Bad Request to ANNOUNCE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, x.server, nil)
			_, err := open(t, "rtsp://"+x.user+s.RTSPAddress+"/secret/path?token=secret", nil)
			require.ErrorContains(t, err, x.words)
			require.Equal(t, output.KindRefused, output.KindOf(err))
			require.Equal(t, x.cause, output.CauseOf(err))
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// fake is a server that treats its first connection as serve says.
func fake(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			serve(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestServersThatSpeakNoRTSP(t *testing.T) {
	t.Parallel()
	for words, serve := range map[string]func(net.Conn){
		"did not answer within 5s":            func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"at the first request: is 127.0.0.1:": func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) },
		"the server's answer makes no sense": func(c net.Conn) {
			_, _ = io.WriteString(c, "RTxP/1.0 secret\r\n\r\n")
			_, _ = c.Read(make([]byte, 4096))
		},
		"closed the connection at ANNOUNCE: the path": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
			_, _ = c.Read(make([]byte, 4096))
		},
	} {
		_, err := open(t, "rtsp://"+fake(t, serve)+"/live/secret", nil)
		require.ErrorContains(t, err, words)
		require.Equal(t, output.KindRefused, output.KindOf(err))
		require.NotContains(t, err.Error(), "secret")
	}
}

// A session that the server has lost while it records ends in its own words.
func TestLostSession(t *testing.T) {
	t.Parallel()
	addr := fake(t, func(c net.Conn) {
		talk, recording := conn.NewConn(bufio.NewReader(c), c), false
		for {
			m, err := talk.Read()
			if err != nil {
				return
			}
			r, ok := m.(*base.Request)
			if !ok {
				continue
			}
			a := &base.Response{StatusCode: base.StatusOK, Header: base.Header{"CSeq": r.Header["CSeq"], "Session": {"1"}}}
			if recording {
				a.StatusCode = base.StatusSessionNotFound
			}
			_ = talk.WriteResponse(a)
			recording = recording || r.Method == base.Record
		}
	})
	c := onAir(t, "rtsp://"+addr+"/live/secret", output.Config{Name: "main"})
	c.Until(5*time.Second, "told", func(x output.Status) bool { return x.LastError == "the server ended the stream: 454 Session Not Found" })
}

func TestAddresses(t *testing.T) {
	for in, words := range map[string]string{
		"http://h/secret":         "begins with rtsp:// or rtsps://",
		"rtsp:///secret":          "has no host",
		"rtsp://user:secret@h":    "lacks the path",
		"rtsp://h/live#secret":    "has a #",
		"rtsp://h:secret/path":    "is not a URL",
		"rtsp://u:sec ret@h/path": "is not a URL",
	} {
		_, err := New(in, nil)
		require.ErrorContains(t, err, words, in)
		require.NotContains(t, err.Error(), "secret")
	}
	for in, address := range map[string]string{"rtsp://h/x": "h:554", "rtsps://h/x": "h:322", "rtsp://u:p@[::1]:8554/x?y=z": "[::1]:8554"} {
		d, err := New(in, nil)
		require.NoError(t, err)
		require.Equal(t, address, d.way.Address())
		require.NotContains(t, d.Target(), "x")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	require.NoError(t, err)
	x, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(x)
	s := serve(t, &server{}, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})

	_, err = open(t, s.url("/live/secret"), nil)
	require.Equal(t, output.KindTLS, output.KindOf(err))
	require.ErrorContains(t, err, "TLS: the certificate of "+s.RTSPAddress+" is not accepted")
	plain := serve(t, &server{}, nil)
	_, err = open(t, "rtsps://"+plain.RTSPAddress+"/live/secret", nil)
	require.Equal(t, output.KindTLS, output.KindOf(err))
	require.NotContains(t, err.Error(), "secret")

	d, err := New(s.url("/live/key"), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	c := outputtest.OnAir(t, outputtest.Coded(t, 100), d, output.Config{Name: "main"})
	require.Eventually(t, func() bool { l := s.list(); return len(l) == 1 && len(l[0].pictures) > 25 }, 10*time.Second, 10*time.Millisecond)
	c.End()
	require.True(t, s.list()[0].teardown)
}
