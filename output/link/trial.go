package link

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"airloom/output"
)

// Trial is a way to a server that is gone step by step, to see how far it leads.
type Trial struct {
	// Steps are those gone so far: all went well except, perhaps, the last.
	Steps []output.Step
	// Conn is what to speak over once Try has come so far: TCP, or the TLS on it.
	Conn net.Conn
	TCP  *net.TCPConn

	upto output.Stage
	stop func() bool
}

// Try goes as far as the connection, and TLS where secure says so; plain is as in
// Secure. Whoever speaks on goes on with [Trial.Step]. The trial is to be closed.
func (w *Way) Try(ctx context.Context, upto output.Stage, secure bool, config *tls.Config, plain string) *Trial {
	t := &Trial{upto: upto}
	_ = t.Step(output.StageName, func() (string, error) {
		hosts, err := w.Resolve(ctx)
		return addresses(w.Host, hosts), err
	}) && t.Step(output.StageReach, func() (string, error) {
		conn, err := w.Reach(ctx)
		if err != nil {
			return "", err
		}
		t.Conn, t.TCP = conn, conn.(*net.TCPConn)
		t.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(OpenWithin))
		return conn.RemoteAddr().String(), nil
	}) && secure && t.Step(output.StageTLS, func() (string, error) {
		c, err := w.Secure(ctx, t.TCP, config, plain)
		if err != nil {
			return "", err
		}
		t.Conn = c
		return "certificate by " + c.ConnectionState().PeerCertificates[0].Issuer.String(), nil
	})
	if c, ok := t.Conn.(*tls.Conn); ok {
		t.Steps[len(t.Steps)-1].Until = c.ConnectionState().PeerCertificates[0].NotAfter
	}
	return t
}

// Step goes one step if all before it went well, notes how long it took and what
// was seen, and reports whether to go on.
func (t *Trial) Step(stage output.Stage, try func() (detail string, err error)) bool {
	if n := len(t.Steps); n > 0 && (t.Steps[n-1].Err != nil || t.Steps[n-1].Stage == t.upto) {
		return false
	}
	began := time.Now()
	detail, err := try()
	if err != nil {
		detail = ""
	}
	t.Steps = append(t.Steps, output.Step{Stage: stage, Took: time.Since(began), Detail: detail, Err: err})
	return err == nil && stage != t.upto
}

// Close ends the connection, if there is one.
func (t *Trial) Close() {
	if t.TCP != nil {
		t.stop()
		_ = t.TCP.Close()
	}
}

// addresses is what the host stands for; one that is an address stands for itself.
func addresses(host string, list []string) string {
	if len(list) == 1 && list[0] == host {
		return host
	}
	return host + " is " + strings.Join(list, ", ")
}
