package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/output/outputtest"
	"airloom/playout/control"
)

// Rows 7 and 8: one channel goes out by every way at once. One server freezes:
// the others lose nothing, by the frames that they have taken, and what was
// pushed by RTSP, SRT and RTMPS is whole and in step.
func TestWays(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	main, other, lal := airtest.NGINX(t), airtest.NGINX(t), airtest.Lal(t)
	gate := outputtest.NewGate(t, fmt.Sprintf("127.0.0.1:%d", other.Port))
	secure, trusted := terminate(t, main.Port)
	srtPort, srtFile := airtest.FreePort(t), filepath.Join(t.TempDir(), "srt.ts")
	ffmpeg := program(t, "ffmpeg", "-v", "error", "-analyzeduration", "1000000", "-i", fmt.Sprintf("srt://127.0.0.1:%d?mode=listener&passphrase=planted0secret&pbkeylen=16", srtPort), "-c", "copy", srtFile)
	machine := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Items: airtest.Items(clips...), Env: []string{"SSL_CERT_FILE=" + trusted}, Sections: map[string]string{
		// Pictures that are worth some bytes, so that what is not read piles up.
		"encoder": "{video: {crf: 8, maxrate: 3M, bufsize: 3M}}",
		"outputs": fmt.Sprintf(`
  - {name: main, url: %q}
  - {name: other, url: %q}
  - {name: rtsp, preset: mediamtx, url: %q}
  - {name: srt, url: "srt://127.0.0.1:%d?streamid=planted0secret&passphrase=planted0secret&latency=300"}
  - {name: secure, url: "rtmps://127.0.0.1:%d/LiveApp/planted0secret"}`, main.URL("main"), "rtmp://"+gate.Addr+"/LiveApp/other", lal.RTSP("planted0secret"), srtPort, secure),
	}})
	ch.Until(20*time.Second, "all publish", func(s control.Status) bool { return publishing(s) == 5 })
	player := pullRTSP(t, lal.RTSP("planted0secret"))

	airtest.Stay(t, 3*time.Second, func() string { return over(ch) })
	gate.Hold(true)
	ch.Until(12*time.Second, "the frozen server is noticed", func(s control.Status) bool {
		return s.Outputs[1].Cause == "stalled" && publishing(s) == 4
	})
	frozen := 4 * time.Second
	if airtest.Soak() {
		frozen = time.Minute
	}
	airtest.Stay(t, frozen, func() string { return over(ch) })
	gate.Hold(false)
	ch.Until(10*time.Second, "it publishes there again", func(s control.Status) bool { return publishing(s) == 5 })
	airtest.Stay(t, 2*time.Second, func() string { return over(ch) })

	s := lastStatus(t, ch)
	for _, o := range s.Outputs {
		require.NotContains(t, o.Target+o.LastError, "planted0secret")
		if o.Name != "other" {
			require.EqualValues(t, 1, o.Sessions, o.Name)
			require.Zero(t, o.DroppedPackets, o.Name)
		}
	}
	pulled := player()
	_, code := ch.Stop()
	require.Zero(t, code)
	require.NotContains(t, ch.Log(), "planted0secret")
	excuse := airtest.ExcuseOf(s, machine.Others())
	ffmpeg.end() // with its stream

	airtest.Eventually(t, 5*time.Second, "both are recorded", func() bool { return len(main.Recordings()) == 2 && main.Unpublished("main") == 1 })
	for _, file := range main.Recordings() {
		t.Log(filepath.Base(file))
		r := airtest.Analyse(t, file, clips, airtest.DefaultHouse)
		r.Excuse = excuse
		r.RequireContiguous(t)
		r.RequireOrder(t, clips)
		r.RequireJoins(t)
		r.RequireSync(t)
	}
	for _, file := range []string{pulled, srtFile} {
		r := airtest.AnalyseFile(t, file, clips, airtest.DefaultHouse)
		r.Excuse = excuse
		t.Logf("%s: %d pictures, sound from %v to %v", filepath.Base(file), len(r.Pictures), r.Sums().FitMin, r.Sums().FitMax)
		r.RequireWhole(t)
		r.RequireOrder(t, clips)
		r.RequireJoins(t)
		r.RequireTogether(t, 22*time.Millisecond, 3)
	}
}

// over says when the channel has ended.
func over(ch *airtest.Channel) string {
	if !ch.Running() {
		return "airloom has ended"
	}
	return ""
}

// publishing is how many outputs publish.
func publishing(s control.Status) (n int) {
	for _, o := range s.Outputs {
		if o.State == control.Publishing {
			n++
		}
	}
	return n
}

// A session's clock passes 2^24 ms, and the process stands still for a while: to
// the server it is one piece.
func TestWaysRow5Extended(t *testing.T) {
	t.Parallel()
	const field = 1 << 24 * time.Millisecond // where RTMP's time needs another field
	machine := airtest.Watch()
	clips, srv, tap, ch := aging(t, field-6*time.Second, "480h")
	airtest.Stay(t, 2*time.Second, func() string { return over(ch) })
	const still = 3 * time.Second
	ch.Signal(syscall.SIGSTOP)
	airtest.Stay(t, still, func() string { return "" })
	ch.Signal(syscall.SIGCONT)
	airtest.Stay(t, 12*time.Second, func() string { return over(ch) })
	s, media := lastStatus(t, ch), tap.Media()
	_, code := ch.Stop()
	require.Zero(t, code)
	require.EqualValues(t, 1, s.Output.Sessions)
	first, last := media[0], media[len(media)-1]
	require.Less(t, last.Stamp-first.Stamp, last.At.Sub(first.At)-still+500*time.Millisecond, "a pause of ours is sent as a jump")
	require.Less(t, media[0].Stamp, field)
	require.Greater(t, media[len(media)-1].Stamp, field+5*time.Second)
	airtest.Eventually(t, 5*time.Second, "it is recorded", func() bool { return len(srv.Recordings()) == 1 && srv.Unpublished("x") == 1 })
	r := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	r.Excuse = airtest.ExcuseOf(s, machine.Others())
	r.RequireContiguous(t)
	r.RequireOrder(t, clips)
	r.RequireJoins(t)
	r.RequireSync(t)
}

// A session that comes near 2^31 ms is renewed, whatever the operator has set:
// at once, at a keyframe, and never beside the old one.
func TestWaysRow5Renewed(t *testing.T) {
	t.Parallel()
	const full = 1 << 31 * time.Millisecond // of RTMP's time
	machine := airtest.Watch()
	clips, srv, tap, ch := aging(t, full-time.Hour-6*time.Second, "596h")
	ch.Until(20*time.Second, "the session is renewed", func(s control.Status) bool { return s.Output.Sessions == 2 && publishing(s) == 1 })
	airtest.Stay(t, 4*time.Second, func() string { return over(ch) })
	s, media := lastStatus(t, ch), tap.Media()
	_, code := ch.Stop()
	require.Zero(t, code)
	require.EqualValues(t, 2, s.Output.Sessions)
	var last, first airtest.Message
	for _, m := range media {
		switch {
		case m.Session == 1:
			last = m
		case first.Session == 0 && m.Key && m.Video && !m.Header:
			first = m
		}
	}
	require.Less(t, last.Stamp, full-time.Hour+10*time.Second)
	require.Zero(t, first.Stamp, "the new one begins at 0")
	t.Logf("the renewal takes %v", first.At.Sub(last.At))
	require.Less(t, first.At.Sub(last.At), 2*time.Second)
	airtest.Eventually(t, 5*time.Second, "both are recorded", func() bool { return len(srv.Recordings()) == 2 })
	airtest.Eventually(t, 5*time.Second, "both have ended", func() bool { return srv.Published("x") == 2 && srv.Unpublished("x") == 2 })
	ends := 0
	for _, file := range srv.Recordings() {
		r := airtest.Analyse(t, file, clips, airtest.DefaultHouse)
		r.Excuse = airtest.ExcuseOf(s, machine.Others())
		r.RequireContiguous(t)
		ends += len(r.Pictures)
	}
	require.Greater(t, ends, 9*25)
}

// aging is a channel whose first session is as old as said.
func aging(t *testing.T, age time.Duration, renewAfter string) ([]airtest.Clip, *airtest.Server, *airtest.Tap, *airtest.Channel) {
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	ch := airtest.Airloom(t, airtest.Setup{Items: airtest.Items(clips...), Args: []string{"--session-age", age.String()},
		Sections: map[string]string{"output": fmt.Sprintf("{url: %q, renew_after: %s}", tap.URL("x"), renewAfter)}})
	ch.Publishing(10 * time.Second)
	return clips, srv, tap, ch
}

// running is a program of the test's.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	words *strings.Builder
	ended chan struct{}
}

func program(t *testing.T, name string, args ...string) *running {
	r := &running{t: t, cmd: exec.Command(name, args...), words: &strings.Builder{}, ended: make(chan struct{})}
	r.cmd.Stderr = r.words
	require.NoError(t, r.cmd.Start())
	go func() { defer close(r.ended); _ = r.cmd.Wait() }()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", name, r.words)
		}
	})
	return r
}

// end waits for the program to end by itself.
func (r *running) end() {
	select {
	case <-r.ended:
	case <-time.After(10 * time.Second):
		r.t.Fatalf("%s does not end", strings.Join(r.cmd.Args, " "))
	}
}

// terminate speaks TLS before a port of loopback, and names the file of the
// certificate that is to be trusted.
func terminate(t *testing.T, upstream int) (port int, trusted string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	require.NoError(t, err)
	trusted = filepath.Join(t.TempDir(), "trusted.pem")
	require.NoError(t, os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", upstream))
			if err != nil {
				_ = in.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(out, in); _ = out.(*net.TCPConn).CloseWrite() })
			all.Go(func() { _, _ = io.Copy(in, out); _ = in.Close(); _ = out.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().(*net.TCPAddr).Port, trusted
}
