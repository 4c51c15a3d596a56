package rtmp

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/output"
)

// A frozen server is noticed within 10 s, however little is sent to it.
func TestFrozenServerIsNoticed(t *testing.T) {
	t.Parallel()
	for _, kbps := range []int{100, 1400} {
		t.Run(fmt.Sprintf("nginx at %d kbit/s", kbps), func(t *testing.T) {
			t.Parallel()
			n, s := newNginx(t), coded(t, kbps)
			n.start()
			c := onAir(t, s, n.url(), output.Config{Name: "main"})
			published(c, 3*time.Second)
			n.signal(unix.SIGSTOP)
			noticed(c)
			n.signal(unix.SIGCONT)
			c.Until(10*time.Second, "publishing", publishing)
		})
		t.Run(fmt.Sprintf("a silent server at %d kbit/s", kbps), func(t *testing.T) {
			t.Parallel()
			end, frozen := make(chan struct{}), make(chan struct{})
			addr := silent(t, frozen, end)
			t.Cleanup(func() { close(end) })
			c := onAir(t, coded(t, kbps), "rtmp://"+addr+"/live/x", output.Config{Name: "main"})
			published(c, 9*time.Second) // long enough for a false alarm
			require.EqualValues(t, 1, c.Out.Status().Sessions)
			close(frozen)
			noticed(c)
		})
	}
}

// silent is a server like Ant Media Server: it takes the stream and then says
// nothing, neither acknowledgements nor answers to pings. From frozen until end
// it does not read.
func silent(t *testing.T, frozen, end chan struct{}) string {
	return fake(t, nil, func(c net.Conn) {
		p, ok := take(c)
		for b := make([]byte, 4096); ok; {
			select {
			case <-frozen:
				<-end
				return
			default:
				_, err := p.conn.Read(b)
				ok = err == nil
			}
		}
	})
}

func noticed(c *channel) {
	after := c.Until(15*time.Second, "noticed", func(s output.Status) bool { return s.LastKind == output.KindStalled })
	c.T.Logf("noticed after %v", after.Round(time.Millisecond))
	require.LessOrEqual(c.T, after, 10*time.Second)
}
