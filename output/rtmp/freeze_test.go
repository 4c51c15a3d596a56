package rtmp

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/output"
)

// A frozen server is noticed within 10 s, however little is sent to it.
func TestFrozenServerIsNoticed(t *testing.T) {
	for _, kbps := range []int{100, 1400} {
		t.Run(fmt.Sprintf("nginx at %d kbit/s", kbps), func(t *testing.T) {
			t.Parallel()
			n, s := newNginx(t), coded(t, kbps)
			n.start()
			c := onAir(t, s, n.url(), output.Config{Name: "main"})
			c.until(10*time.Second, "publishing", func(s output.Status) bool { return publishing(s) && time.Since(s.Since) > 3*time.Second })
			n.signal(unix.SIGSTOP)
			noticed := c.until(15*time.Second, "noticed", func(s output.Status) bool { return s.LastKind == output.KindStalled })
			t.Logf("noticed after %v", noticed)
			require.LessOrEqual(t, noticed, 10*time.Second)
			n.signal(unix.SIGCONT)
			c.until(10*time.Second, "publishing", publishing)
		})
		for _, proved := range []bool{false} {
			t.Run(fmt.Sprintf("silent reader at %d kbit/s, %v", kbps, proved), func(t *testing.T) {
				t.Parallel()
				stop := make(chan struct{})
				addr := fake(t, nil, func(conn net.Conn) {
					p, ok := take(conn)
					if !ok {
						return
					}
					b := make([]byte, 4096)
					for {
						select {
						case <-stop:
							time.Sleep(20 * time.Second)
							return
						default:
							if _, err := io.ReadAtLeast(p.conn, b, 1); err != nil {
								return
							}
						}
					}
				})
				s := coded(t, kbps)
				c := onAir(t, s, "rtmp://"+addr+"/live/x", output.Config{Name: "main"})
				c.until(10*time.Second, "publishing", func(s output.Status) bool { return publishing(s) && time.Since(s.Since) > 5*time.Second })
				close(stop)
				noticed := c.until(25*time.Second, "noticed", func(s output.Status) bool { return s.LastKind == output.KindStalled })
				t.Logf("noticed after %v", noticed)
				require.LessOrEqual(t, noticed, 10*time.Second)
			})
		}
	}
}
