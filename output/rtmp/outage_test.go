package rtmp

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/output"
)

// proxy puts a fault between us and a server and returns the address to use.
func proxy(t *testing.T, upstream, toxic string) string {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, "slow", "127.0.0.1:0", upstream)
	require.NoError(t, p.Start())
	t.Cleanup(p.Stop)
	_, err := p.Toxics.AddToxicJson(strings.NewReader(toxic))
	require.NoError(t, err)
	return p.Listen
}

// requireSessions requires so many recordings, each a session as it must be.
func requireSessions(t *testing.T, n *nginx, atLeast int, s *sample, holes bool) (pictures int) {
	files := n.recordings()
	require.GreaterOrEqual(t, len(files), atLeast)
	for _, f := range files {
		pictures += requireSession(t, f, s, holes)
	}
	return pictures
}

func published(c *channel, for_ time.Duration) {
	c.T.Helper()
	c.Until(10*time.Second+for_, "publishing", func(s output.Status) bool {
		return publishing(s) && time.Since(s.Since) >= for_
	})
}

// A server that is killed and comes back is published to again within a second,
// while the feed never waits.
func TestServerKilledAndBack(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	n.start()
	c := onAir(t, s, n.url(), output.Config{Name: "main"})
	for _, away := range []time.Duration{0, time.Second, 4 * time.Second} {
		published(c, 1500*time.Millisecond)
		n.kill()
		c.Until(2*time.Second, "noticed", func(s output.Status) bool { return s.State == output.Waiting })
		shut := time.Now()
		c.Until(away+time.Second, "away", func(output.Status) bool { return time.Since(shut) >= away })
		if away > 0 {
			require.Equal(t, "connection refused: nothing listens on "+n.addr, c.Out.Status().LastError)
		}
		opened := n.start()
		c.Until(5*time.Second, "publishing again", publishing)
		back := time.Since(opened)
		t.Logf("away for %v: publishing again %v after the port opened", away, back.Round(time.Millisecond))
		require.LessOrEqual(t, back, time.Second)
	}
	published(c, time.Second)
	c.End()
	requireSessions(t, n, 4, s, false)
	require.Less(t, time.Duration(c.Feed.Slowest.Load()), 200*time.Millisecond, "an Offer waited")
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	fill := blackHole(t, n.addr)
	c := onAir(t, s, n.url(), output.Config{Name: "main"})
	c.Until(6*time.Second, "named", func(s output.Status) bool {
		return s.LastError == "no answer from "+n.addr+" within 1s" && s.Attempt >= 5
	})
	fill()
	opened := n.start()
	c.Until(5*time.Second, "publishing", publishing)
	t.Logf("publishing %v after the port opened", time.Since(opened).Round(time.Millisecond))
	require.LessOrEqual(t, time.Since(opened), time.Second)
}

// blackHole makes the address swallow every attempt to connect, until the
// returned function is called.
func blackHole(t *testing.T, addr string) (end func()) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	to, err := net.ResolveTCPAddr("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 0))
	var filled []net.Conn
	for {
		c, err := net.DialTimeout("tcp", addr, 300*time.Millisecond)
		if err != nil {
			break
		}
		filled = append(filled, c)
	}
	require.NotEmpty(t, filled)
	return func() {
		for _, c := range filled {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
		_ = unix.Close(fd)
	}
}

// A link too slow for the stream costs whole groups of pictures, never the
// session, whether the server says anything or not.
func TestSlowLinkKeepsTheSession(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{25, 125} { // kilobytes a second
		toxic := fmt.Sprintf(`{"name":"slow","type":"bandwidth","stream":"upstream","attributes":{"rate":%d}}`, rate)
		t.Run(fmt.Sprintf("nginx at %d kB/s", rate), func(t *testing.T) {
			t.Parallel()
			n := newNginx(t)
			n.start()
			crawl(t, proxy(t, n.addr, toxic), rate)
			requireSessions(t, n, 1, coded(t, 1400), true)
		})
		t.Run(fmt.Sprintf("a silent server at %d kB/s", rate), func(t *testing.T) {
			t.Parallel()
			crawl(t, proxy(t, silent(t, nil, nil), toxic), rate)
		})
	}
}

func crawl(t *testing.T, addr string, rate int) {
	c := onAir(t, coded(t, 1400), "rtmp://"+addr+"/live/x", output.Config{Name: "main"})
	for_ := 13 * time.Second
	if os.Getenv("AIRLOOM_SOAK") != "" {
		for_ = 5 * time.Minute
	}
	published(c, for_)
	st := c.Out.Status()
	require.EqualValues(t, 1, st.Sessions)
	require.Empty(t, st.LastError)
	if rate < 100 { // the faster link's buffers are not yet full
		require.NotZero(t, st.Dropped)
	}
	t.Logf("%d packets dropped in %v, %d kbit/s", st.Dropped, for_, st.Bitrate)
	c.End()
	require.Less(t, time.Duration(c.Feed.Slowest.Load()), 200*time.Millisecond, "an Offer waited")
}

// A server that refuses is published to within two seconds of its change of mind.
func TestRefusingServerThatRelents(t *testing.T) {
	t.Parallel()
	var relents atomic.Bool
	var asked atomic.Int64
	addr := fake(t, nil, func(c net.Conn) {
		asked.Add(1)
		if !relents.Load() {
			p, _ := greet(c)
			p.asked("connect")
			_ = p.say(0, "_error", txConnect, nil, status("error", "NetConnection.Connect.Rejected", "not now"))
			return
		}
		if p, ok := take(c); ok {
			_, _ = io.Copy(io.Discard, p.conn)
		}
	})
	c := onAir(t, coded(t, 100), "rtmp://"+addr+"/live/x", output.Config{Name: "main"})
	c.Until(10*time.Second, "five attempts", func(output.Status) bool { return asked.Load() >= 5 })
	require.Equal(t, "the server refused the stream: NetConnection.Connect.Rejected: not now", c.Out.Status().LastError)
	relents.Store(true)
	back := c.Until(5*time.Second, "publishing", publishing)
	t.Logf("publishing %v after it relented", back.Round(time.Millisecond))
	require.LessOrEqual(t, back, 2*time.Second)
}

// A server that resets every 3 s gets a whole session each time, and no storm.
func TestResetEveryThreeSeconds(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	n.start()
	addr := fake(t, nil, func(c net.Conn) {
		up, err := net.Dial("tcp", n.addr)
		if err != nil {
			return
		}
		reset := time.AfterFunc(3*time.Second, func() {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
			_ = up.Close()
		})
		defer reset.Stop()
		back := make(chan struct{})
		go func() { defer close(back); _, _ = io.Copy(c, up) }()
		_, _ = io.Copy(up, c)
		_ = up.Close()
		<-back
	})
	c := onAir(t, s, "rtmp://"+addr+"/live/x", output.Config{Name: "main"})
	c.Until(20*time.Second, "four sessions", func(s output.Status) bool { return s.Sessions >= 4 })
	require.Equal(t, "the server reset the connection", c.Out.Status().LastError)
	c.End()
	require.Equal(t, 1+int(c.Out.Status().Sessions), strings.Count(n.log(), "client connected"), "one connection a session")
	requireSessions(t, n, 3, s, false)
}

// A renewed session begins with the keyframe before which the old one ended.
func TestRenewal(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	n.start()
	c := onAir(t, s, n.url(), output.Config{Name: "main"})
	published(c, 1500*time.Millisecond)
	c.Out.Renew()
	c.Until(5*time.Second, "renewed", func(s output.Status) bool { return s.Sessions == 2 && publishing(s) })
	published(c, 500*time.Millisecond)
	at := c.Feed.Offered.Load()
	c.End()
	pictures := requireSessions(t, n, 2, s, false)
	// Of all that was offered, only what came before the first session is missing.
	require.InDelta(t, float64(at)*25/(25+44100.0/1024), pictures, 8)
	require.Zero(t, c.Out.Status().Dropped)
	require.Empty(t, c.Out.Status().LastError)
	require.Equal(t, 2, strings.Count(n.log(), "publish: name="))
}
