package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// TLS names the certificate and its key, PEM files; both, or none for plain HTTP.
type TLS struct{ Cert, Key string }

const (
	// certLook is how often the files are looked at, and certSoon how long before
	// a certificate's end that is said.
	certLook = 10 * time.Second
	certSoon = 14 * 24 * time.Hour
	// hsts has browsers stay with HTTPS for a month after each visit. It holds for
	// every port of the name, so it is not for ever, and not for other names.
	hsts = "max-age=2592000"
)

// certificate is the server's, read anew when its files change. Connections never
// wait for the files.
type certificate struct {
	files  TLS
	log    *slog.Logger
	now    atomic.Pointer[tls.Certificate]
	seen   [2]stamp // of the files, when they were last read
	failed string   // what was wrong then
}

// stamp is what tells that a file has changed.
type stamp struct {
	size    int64
	changed time.Time
	file    os.FileInfo
}

func (a stamp) same(b stamp) bool {
	return a.size == b.size && a.changed.Equal(b.changed) && os.SameFile(a.file, b.file)
}

// openCertificate reads the files for the first time: what is wrong with them then
// is an error.
func openCertificate(files TLS, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: files, log: log}
	if err := c.read(); err != nil {
		return nil, err
	}
	c.seen, _ = c.stamps()
	return c, nil
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return fmt.Errorf("use the certificate %s with the key %s: %w; both are PEM files that belong together (web.tls)", c.files.Cert, c.files.Key, err)
	}
	c.now.Store(&pair)
	if end := pair.Leaf.NotAfter; time.Until(end) < certSoon {
		c.log.Warn("the web server's certificate ends soon or has ended: renew it", "event", "certificate-ends", "file", c.files.Cert, "ends", end)
	}
	return nil
}

func (c *certificate) stamps() (s [2]stamp, err error) {
	for i, path := range []string{c.files.Cert, c.files.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.Size(), info.ModTime(), info}
	}
	return s, nil
}

// look reads the files again if they have changed. One that is half written, or
// does not belong to the other yet, leaves the old certificate in use.
func (c *certificate) look() {
	s, err := c.stamps()
	if err == nil && c.failed == "" && s[0].same(c.seen[0]) && s[1].same(c.seen[1]) {
		return
	}
	if err == nil {
		err = c.read()
	}
	switch {
	case err == nil:
		c.seen, c.failed = s, ""
		c.log.Info("the web server has a new certificate", "event", "certificate-new", "file", c.files.Cert, "ends", c.now.Load().Leaf.NotAfter)
	case err.Error() != c.failed:
		c.failed = err.Error()
		c.log.Warn("the web server keeps its old certificate: the new one cannot be used", "event", "certificate-refused", "cause", err)
	}
}

// watch looks at the files until the context ends.
func (c *certificate) watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.look()
		}
	}
}

// config is for the server's side of TLS. Go's choice of ciphers is a good one.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.now.Load(), nil
		},
	}
}
