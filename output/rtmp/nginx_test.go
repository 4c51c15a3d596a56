package rtmp

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const nginxModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

// nginx is a real RTMP server that records everything.
type nginx struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func newNginx(t *testing.T) *nginx {
	for _, f := range []string{"/usr/sbin/nginx", nginxModule} {
		if _, err := os.Stat(f); err != nil {
			lacking(t, "needs nginx with its rtmp module (apt-get install nginx-light libnginx-mod-rtmp): "+err.Error())
		}
	}
	n := &nginx{t: t, dir: t.TempDir(), addr: freeAddress(t)}
	conf := fmt.Sprintf(`daemon off; master_process off; worker_processes 1;
load_module %s;
pid %[2]s/pid; error_log %[2]s/error.log info;
events { worker_connections 64; }
rtmp { server { listen %[3]s; chunk_size 4096;
  application live { live on; record all; record_path %[2]s; record_unique on; record_suffix -%%s.flv; } } }
`, nginxModule, n.dir, n.addr)
	require.NoError(t, os.WriteFile(n.path("nginx.conf"), []byte(conf), 0o644))
	t.Cleanup(n.kill)
	return n
}

// lacking ends a test that lacks what it needs. Under `make test`, which brings
// all of it (AIRLOOM_TOOLS is set), that is a failure.
func lacking(t testing.TB, words string) {
	t.Helper()
	if os.Getenv("AIRLOOM_TOOLS") != "" {
		t.Fatal(words)
	}
	t.Skip(words)
}

func (n *nginx) path(name string) string { return filepath.Join(n.dir, name) }
func (n *nginx) url() string             { return "rtmp://" + n.addr + "/live/secretkey" }

// start returns when the port is open.
func (n *nginx) start() time.Time {
	n.cmd = exec.Command("/usr/sbin/nginx", "-p", n.dir, "-e", n.path("error.log"), "-c", n.path("nginx.conf"))
	require.NoError(n.t, n.cmd.Start())
	require.Eventually(n.t, func() bool {
		c, err := net.Dial("tcp", n.addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 10*time.Second, 5*time.Millisecond, "nginx does not open its port")
	return time.Now()
}

func (n *nginx) signal(s unix.Signal) { require.NoError(n.t, n.cmd.Process.Signal(s)) }

func (n *nginx) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

func (n *nginx) log() string {
	b, err := os.ReadFile(n.path("error.log"))
	require.NoError(n.t, err)
	return string(b)
}

// recordings are what it recorded, oldest first.
func (n *nginx) recordings() []string {
	files, err := filepath.Glob(n.path("*.flv"))
	require.NoError(n.t, err)
	slices.SortFunc(files, func(a, b string) int {
		x, _ := os.Stat(a)
		y, _ := os.Stat(b)
		if c := x.ModTime().Compare(y.ModTime()); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return files
}

// tag is one tag of an FLV file.
type tag struct {
	kind byte // 8 sound, 9 picture, 18 data
	ms   int64
	body []byte
}

func (t tag) header() bool { return t.kind != 18 && t.body[1] == 0 }
func (t tag) key() bool    { return t.kind == 9 && t.body[0]>>4 == 1 }

func readFLV(t *testing.T, file string) []tag {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Greater(t, len(b), 13)
	var tags []tag
	for b = b[13:]; len(b) >= 11; {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if len(b) < 11+n+4 {
			break // cut off
		}
		ms := int64(b[7])<<24 | int64(b[4])<<16 | int64(b[5])<<8 | int64(b[6])
		tags = append(tags, tag{b[0], ms, b[11 : 11+n]})
		b = b[11+n+4:]
	}
	return tags
}

// requireSession requires of a recording what every session must be: metadata,
// headers, a keyframe near 0, times that rise, no hole in either track, and the
// parameter sets of the encoder. It returns the number of pictures.
func requireSession(t *testing.T, file string, s *sample, holes bool) int {
	tags := readFLV(t, file)
	require.NotEmpty(t, tags)
	last, pictures := map[byte]int64{8: -1, 9: -1}, 0
	for _, g := range tags {
		if g.kind == 18 {
			require.NotContains(t, string(g.body), "filesize")
			continue
		}
		if g.header() {
			want := audioHeader(s.Info)
			if g.kind == 9 {
				want = videoHeader(s.Info)
			}
			require.Equal(t, want, g.body)
			continue
		}
		before := last[g.kind]
		if before < 0 {
			require.LessOrEqual(t, g.ms, int64(50), "first of kind %d", g.kind)
			require.True(t, g.kind == 8 || g.key(), "first picture is no keyframe")
		} else {
			require.Greater(t, g.ms, before, "kind %d", g.kind)
			if !holes {
				require.LessOrEqual(t, g.ms-before, int64(40), "hole in kind %d at %d", g.kind, before)
			}
		}
		last[g.kind] = g.ms
		if g.kind == 9 {
			pictures++
		}
	}
	require.InDelta(t, last[9], last[8], 200, "sound and picture end apart")
	return pictures
}
