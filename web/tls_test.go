package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logged is a log, and what has been written to it so far.
func logged() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	}), nil))
	return log, func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// pair makes a certificate for localhost, with a number to know it by.
func pair(t *testing.T, number int64, lasts time.Duration) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "airloom"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lasts),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// put replaces a file whole, as those who renew certificates do.
func put(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", data, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func files(t *testing.T, number int64) TLS {
	t.Helper()
	dir := t.TempDir()
	at := TLS{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	cert, key := pair(t, number, 90*24*time.Hour)
	put(t, at.Cert, cert)
	put(t, at.Key, key)
	return at
}

// greet shakes hands and tells the number of the certificate, and what was agreed.
func greet(h *house, c *tls.Config) (int64, tls.ConnectionState, error) {
	c.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", h.Addr().String(), c)
	if err != nil {
		return 0, tls.ConnectionState{}, err
	}
	defer conn.Close()
	state := conn.ConnectionState()
	return state.PeerCertificates[0].SerialNumber.Int64(), state, nil
}

func TestHTTPS(t *testing.T) {
	at := files(t, 7)
	h := guarded(t, func(c *Config) { c.TLS = at })
	cert, err := os.ReadFile(at.Cert)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(cert))
	v := h.visitor(t)
	v.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
	v.Transport.(*http.Transport).ForceAttemptHTTP2 = true

	w := v.login("oskar", "oskar's word")
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, 2, w.ProtoMajor)
	c := cookieOf(t, w)
	require.Equal(t, fmt.Sprintf("__Host-airloom-%d", h.port), c.Name)
	require.True(t, c.Secure)
	require.True(t, c.HttpOnly)
	require.Equal(t, http.StatusOK, v.get("/api/v1/me").StatusCode)
	require.Equal(t, hsts, w.Header.Get("Strict-Transport-Security"))
	require.Equal(t, hsts, v.get("/none").Header.Get("Strict-Transport-Security"))
	plain := guarded(t)
	require.Empty(t, plain.visitor(t).get("/").Header.Get("Strict-Transport-Security"))

	for version, fine := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		_, _, err := greet(h, &tls.Config{MinVersion: version, MaxVersion: version})
		require.Equal(t, fine, err == nil, "%s: %v", tls.VersionName(version), err)
	}
	conn, err := net.Dial("tcp", h.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, answer, "400")
}

func TestANewCertificateIsTaken(t *testing.T) {
	at := files(t, 1)
	log, lines := logged()
	h := guarded(t, func(c *Config) { c.TLS, c.Log = at, log })
	is := func(want int64) {
		t.Helper()
		number, _, err := greet(h, &tls.Config{})
		require.NoError(t, err)
		require.Equal(t, want, number)
	}
	is(1)
	h.cert.look()
	require.NotContains(t, lines(), "new certificate", "nothing has changed")

	cert, key := pair(t, 2, 90*24*time.Hour)
	put(t, at.Cert, cert) // the key comes a moment later
	h.cert.look()
	h.cert.look()
	is(1)
	require.Equal(t, 1, strings.Count(lines(), "keeps its old certificate"))
	put(t, at.Key, key)
	h.cert.look()
	is(2)
	require.Contains(t, lines(), "has a new certificate")

	require.NoError(t, os.Remove(at.Key))
	h.cert.look()
	put(t, at.Key, []byte("half"))
	h.cert.look()
	is(2)
	cert, key = pair(t, 3, 24*time.Hour)
	put(t, at.Cert, cert)
	put(t, at.Key, key)
	h.cert.look()
	is(3)
	require.Contains(t, lines(), "ends soon")
	require.NotContains(t, lines(), "PRIVATE")
}

func TestTheCertificateIsLookedAt(t *testing.T) {
	at := files(t, 1)
	c, err := openCertificate(at, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.watch(ctx, time.Millisecond)
	}()
	cert, key := pair(t, 2, 90*24*time.Hour)
	put(t, at.Cert, cert)
	put(t, at.Key, key)
	require.Eventually(t, func() bool { return c.now.Load().Leaf.SerialNumber.Int64() == 2 }, 10*time.Second, 5*time.Millisecond)
	cancel()
	<-done
}
