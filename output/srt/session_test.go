package srt

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/congestion/live"
	"github.com/datarhei/gosrt/packet"
	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/outputtest"
	"airloom/playout/media"
)

func TestConforms(t *testing.T) {
	outputtest.Conform(t, outputtest.Case{
		Dial: func(a string) (output.Dialer, error) { return New(a) },
		Peer: func(t *testing.T) outputtest.Peer {
			s := serve(t, &server{stream: "publish:" + outputtest.Secret, passphrase: outputtest.Secret})
			g := newGate(t, s.addr)
			url := func(host string) string {
				return "srt://" + host + "?streamid=publish:" + outputtest.Secret + "&passphrase=" + outputtest.Secret + "&latency=120"
			}
			return outputtest.Peer{URL: url(g.addr), Shut: url("127.0.0.1:1"), Got: s.got, Most: s.atOnce, Hold: g.hold, Cut: s.cut}
		},
	})
}

func open(t *testing.T, url string) (*Session, error) {
	d, err := New(url)
	require.NoError(t, err)
	conn, err := d.Reach(context.Background())
	require.NoError(t, err)
	s, err := d.Open(context.Background(), conn, outputtest.Coded(t, 100).Info)
	if err != nil {
		return nil, err
	}
	return s.(*Session), nil
}

// What a listener refuses is put into words.
func TestRefusalsInWords(t *testing.T) {
	s := serve(t, &server{stream: "live", passphrase: "0123456789"})
	for url, x := range map[string]struct {
		words string
		cause output.Cause
	}{
		"?streamid=live&passphrase=abcdefghijkl": {"the passphrase is not the server's", output.CauseCredential},
		"?streamid=secretname":                   {"the server does not know the streamid (SRT reason 2404)", output.CauseIDUnknown},
	} {
		_, err := open(t, "srt://"+s.addr+url)
		require.ErrorContains(t, err, x.words)
		require.Equal(t, x.cause, output.CauseOf(err))
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestAddresses(t *testing.T) {
	for in, words := range map[string]string{
		"srt://h?streamid=secret":                    "lacks the host or the port",
		"srt://h:1/secret":                           "more than host, port and parameters",
		"srt://u:secret@h:1":                         "more than host",
		"srt://h:1?passphrase=secret":                "less than 10",
		"srt://h:1?streamid=%zzsecret":               "not percent-encoded",
		"srt://h:1?latency=secret":                   "no number of milliseconds",
		"srt://h:1?passphrase=0123456789&pbkeylen=9": "pbkeylen",
		"rtp://h:1?x=secret":                         "begins with srt://",
		"srt://h:secret":                             "not a URL",
	} {
		_, err := New(in)
		require.ErrorContains(t, err, words, in)
		require.NotContains(t, err.Error(), "secret")
	}
	d, err := New("srt://[::1]:9000?streamid=secret")
	require.NoError(t, err)
	require.Equal(t, "srt://[::1]:9000/…", d.Target())
}

// The next key is announced and taken while the stream goes on.
func TestKeysAreRenewed(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{stream: "", passphrase: "0123456789"})
	x, err := open(t, "srt://"+s.addr+"?passphrase=0123456789&pbkeylen=32")
	require.NoError(t, err)
	x.refresh = 40
	ctx, cancel := context.WithCancel(context.Background())
	in, done := make(chan *media.Packet), make(chan error)
	f := &outputtest.Feed{Sample: outputtest.Coded(t, 1400), To: func(p *media.Packet) {
		select {
		case in <- p:
		case <-ctx.Done():
		}
	}}
	x.guard.Info = f.Sample.Info
	fed := make(chan struct{})
	go func() { defer close(fed); f.Run(ctx) }()
	go func() { done <- x.Run(ctx, in) }()
	require.Eventually(t, func() bool { g := s.got(); return len(g) == 1 && len(g[0]) > 200 }, 15*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	<-fed
	require.Greater(t, x.sent.Load(), int64(4*40*payload), "too little for several keys")
	requireWhole(t, s.got()[0])
}

// requireWhole wants every picture and every frame of sound.
func requireWhole(t *testing.T, got []outputtest.Got) {
	last := map[media.Kind]time.Duration{}
	for _, g := range got {
		if at, ok := last[g.Kind]; ok {
			step := 40 * time.Millisecond
			if g.Kind == media.Audio {
				step = 1024 * time.Second / 44100
			}
			require.InDelta(t, step, g.At-at, float64(100*time.Microsecond), "%s at %s", g.Kind, g.At)
		}
		last[g.Kind] = g.At
	}
}

// What the network loses is sent again.
func TestLossIsMadeGood(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	g := newGate(t, s.addr)
	g.lose(20)
	d, err := New("srt://" + g.addr + "?latency=400")
	require.NoError(t, err)
	c := outputtest.OnAir(t, outputtest.Coded(t, 1400), d, output.Config{Name: "main"})
	c.Until(10*time.Second, "4 s of media", func(output.Status) bool {
		l := s.got()
		return len(l) == 1 && len(l[0]) > 270
	})
	c.End()
	require.NotZero(t, g.losses())
	requireWhole(t, s.got()[0])
}

// libsrt's own programs take the stream, whole.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		query, listen string
		program       func(url, file string) *exec.Cmd
	}{
		"srt-live-transmit": {"?streamid=live&latency=200", "", func(url, file string) *exec.Cmd {
			c := exec.Command("srt-live-transmit", "-q", url, "file://con")
			out, err := os.Create(file)
			require.NoError(t, err)
			t.Cleanup(func() { _ = out.Close() })
			c.Stdout = out
			return c
		}},
		"ffmpeg": {"?passphrase=0123456789ab", "&passphrase=0123456789ab&pbkeylen=16", func(url, file string) *exec.Cmd {
			return exec.Command("ffmpeg", "-v", "quiet", "-i", url, "-c", "copy", file)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				if os.Getenv("AIRLOOM_TOOLS") != "" {
					require.NoError(t, err)
				}
				t.Skip(err)
			}
			udp, err := net.ListenPacket("udp", "127.0.0.1:0")
			require.NoError(t, err)
			addr := udp.LocalAddr().String()
			require.NoError(t, udp.Close())
			file := filepath.Join(t.TempDir(), "got.ts")
			cmd := x.program("srt://"+addr+"?mode=listener"+x.listen, file)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			d, err := New("srt://" + addr + x.query)
			require.NoError(t, err)
			c := outputtest.OnAir(t, outputtest.Coded(t, 1400), d, output.Config{Name: "main"})
			c.Until(10*time.Second, "4 s of media", func(s output.Status) bool {
				return outputtest.Publishing(s) && time.Since(s.Since) > 4*time.Second
			})
			c.End()
			if name != "ffmpeg" { // which ends with the stream
				_ = cmd.Process.Signal(os.Interrupt)
			}
			stuck := time.AfterFunc(8*time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			stuck.Stop()
			out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,start_time,nb_read_packets", "-of", "csv=p=0", file).CombinedOutput()
			require.NoError(t, err, "%s", out)
			var pictures, sound int
			var from, soundFrom float64
			for line := range strings.Lines(string(out)) {
				if n, _ := fmt.Sscanf(line, "video,%f,%d", &from, &pictures); n == 2 {
					continue
				}
				_, _ = fmt.Sscanf(line, "audio,%f,%d", &soundFrom, &sound)
			}
			require.GreaterOrEqual(t, pictures, 98, "%s", out)
			require.GreaterOrEqual(t, sound, 165, "%s", out)
			require.InDelta(t, from, soundFrom, 0.03, "%s", out)
			errs, _ := exec.Command("ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-").CombinedOutput()
			require.Empty(t, string(errs), "the decoder complains")
		})
	}
}

// Where the system has no room for a packet it is lost, and nobody waits for long:
// what the listener says is heeded by who would wait.
func TestAFullBufferHoldsNobody(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"}) // who does not read
	require.NoError(t, err)
	defer l.Close()
	conn, err := net.Dial("unixgram", name)
	require.NoError(t, err)
	defer conn.Close()
	s := &Session{conn: &reached{Conn: conn}, end: make(chan error, 1)}
	done := make(chan int64)
	go func() {
		for n := int64(-1); n != s.sent.Load(); { // until there is no room
			n = s.sent.Load()
			s.write(control(packet.CTRLTYPE_KEEPALIVE, 1, 0, nil))
		}
		done <- s.sent.Load()
	}()
	select {
	case sent := <-done:
		require.Positive(t, sent)
		require.Empty(t, s.end, "the connection stands")
	case <-time.After(10 * time.Second):
		require.Fail(t, "it waits for room")
	}
	b := make([]byte, 2048)
	_, err = l.Read(b)
	require.NoError(t, err)
	n := s.sent.Load()
	s.write(control(packet.CTRLTYPE_KEEPALIVE, 1, 0, nil))
	require.Greater(t, s.sent.Load(), n, "it goes on where there is room")
}

// Nothing that comes by the network ends the process, whatever it holds.
func FuzzDatagrams(f *testing.F) {
	f.Add(induction())
	short := append(induction(), 0)
	copy(short[16+20:], []byte{0xff, 0xff, 0xff, 0xff}) // a conclusion whose extension is one byte
	short[16+7] = 1
	f.Add(short)
	for _, kind := range []packet.CtrlType{packet.CTRLTYPE_ACK, packet.CTRLTYPE_NAK, packet.CTRLTYPE_USER} {
		f.Add(append(marshal(control(kind, 7, 0, nil)), 0x80, 0, 0, 1, 0, 0, 0, 9, 1))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		handshake(b)
		s := &Session{id: 7, conn: &reached{Conn: &net.UDPConn{}}, end: make(chan error, 1)}
		s.sender = live.NewSender(live.SendConfig{InitialSequenceNumber: circular.New(1, packet.MAX_SEQUENCENUMBER), OnDeliver: func(packet.Packet) {}})
		for range 3 {
			p := packet.NewPacket(nil)
			p.SetData([]byte{1})
			s.sender.Push(p)
		}
		s.sender.Tick(1 << 20)
		_ = s.heed(b)
	})
}
