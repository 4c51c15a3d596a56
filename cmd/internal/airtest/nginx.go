package airtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	gosync "sync"
	"syscall"
	"testing"
	"time"
)

// Server is a private nginx-rtmp on loopback that records every publish. It
// keeps its port for life, so that it can die and come back.
//
// Its recorder starts each file's timestamps at 0, drops what precedes the first
// keyframe, and writes the AAC header twice.
type Server struct {
	Port int
	Dir  string // of the recordings

	t       testing.TB
	home    string
	control int
	cmd     *exec.Cmd
	ended   chan struct{}
}

// NGINX starts a server; the test's end kills it. extra are more lines for its
// application, such as "drop_idle_publisher 3s;".
func NGINX(t testing.TB, extra ...string) *Server {
	t.Helper()
	s := &Server{t: t, home: t.TempDir(), Port: FreePort(t), control: FreePort(t)}
	s.Dir = filepath.Join(s.home, "recordings")
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	conf := s.config(modulesPath(t), strings.Join(extra, " "))
	if err := os.WriteFile(filepath.Join(s.home, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		s.keep()
	})
	s.Start()
	return s
}

// keep saves the recordings where AIRLOOM_KEEP says, for a second look.
func (s *Server) keep() {
	dir := os.Getenv("AIRLOOM_KEEP")
	if dir == "" {
		return
	}
	for _, p := range s.Recordings() {
		_ = copyFile(p, filepath.Join(dir, strings.ReplaceAll(s.t.Name(), "/", "-")+"-"+filepath.Base(p)), 0o644)
	}
}

// given are the ports that FreePort has named: a server that is away for a while
// finds its own again.
var given gosync.Map

// FreePort is a TCP port of loopback that nobody listens on just now, and that no
// other test of this process was told.
func FreePort(t testing.TB) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if _, taken := given.LoadOrStore(port, true); !taken {
			return port
		}
	}
}

func modulesPath(t testing.TB) string {
	out, _ := exec.Command(need(t, "nginx", "nginx-light libnginx-mod-rtmp"), "-V").CombinedOutput()
	m := regexp.MustCompile(`--modules-path=(\S+)`).FindSubmatch(out)
	if m == nil {
		t.Fatal("nginx -V names no modules path")
	}
	return string(m[1])
}

func (s *Server) config(modules, extra string) string {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // it writes into this test's directory
	}
	return fmt.Sprintf(`load_module %[1]s/ngx_rtmp_module.so;
%[6]s daemon off; master_process off; worker_processes 1;
pid %[2]s/pid; error_log %[2]s/error.log info;
events { worker_connections 64; }
rtmp { access_log %[2]s/access.log; server { listen 127.0.0.1:%[3]d; chunk_size 4096; max_message 10M;
  application LiveApp { live on; record all; record_path %[2]s/recordings; record_unique on; %[5]s } } }
http { access_log off; client_body_temp_path %[2]s/b; proxy_temp_path %[2]s/p; fastcgi_temp_path %[2]s/f;
  uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
  server { listen 127.0.0.1:%[4]d; location /control { rtmp_control all; } location /stat { rtmp_stat all; } } }
`, modules, s.home, s.Port, s.control, extra, user)
}

// URL is where to publish a stream of the given name.
func (s *Server) URL(name string) string {
	return fmt.Sprintf("rtmp://127.0.0.1:%d/LiveApp/%s", s.Port, name)
}

// Start starts a server that is not running and returns the moment its port was open.
func (s *Server) Start() time.Time {
	s.t.Helper()
	s.cmd = exec.Command(need(s.t, "nginx", "nginx-light libnginx-mod-rtmp"),
		"-p", s.home, "-e", s.home+"/error.log", "-c", s.home+"/nginx.conf")
	var words bytes.Buffer
	s.cmd.Stderr = &words
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.ended = ended
	go func(c *exec.Cmd) { _ = c.Wait(); close(ended) }(s.cmd)
	for limit := time.Now().Add(10 * time.Second); ; {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port), time.Second)
		if err == nil {
			c.Close()
			return time.Now()
		}
		select {
		case <-ended:
			s.t.Fatalf("nginx did not start: %s\n%s", words.String(), s.Log())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(limit) {
			s.t.Fatalf("nginx does not listen: %s", s.Log())
		}
	}
}

// Stop ends the server in order; Kill as a crash would, connections reset by the kernel.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server at once. A frozen one too.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	s.cmd = nil
}

// Freeze wedges the server: connections stay, nothing is read.
func (s *Server) Freeze() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// DropPublisher closes the publisher's connection from the server's side.
func (s *Server) DropPublisher(name string) {
	s.t.Helper()
	s.get("control/drop/publisher?app=LiveApp&name=" + name)
}

// Stat is the server's own account of its connections, as XML.
func (s *Server) Stat() string { return s.get("stat") }

func (s *Server) get(path string) string {
	s.t.Helper()
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := c.Get(fmt.Sprintf("http://127.0.0.1:%d/%s", s.control, path))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b)
}

// Log is the server's error log, which at its level tells each connect, publish
// and end; Access has one line for each finished session.
func (s *Server) Log() string { return read(s.home + "/error.log") }

// Access is the server's log of finished sessions.
func (s *Server) Access() string { return read(s.home + "/access.log") }

func read(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

// Recordings lists the recordings, oldest first.
func (s *Server) Recordings() []string {
	list, _ := filepath.Glob(filepath.Join(s.Dir, "*.flv"))
	sort.SliceStable(list, func(i, j int) bool { return modified(list[i]).Before(modified(list[j])) })
	return list
}

func modified(path string) time.Time {
	if st, err := os.Stat(path); err == nil {
		return st.ModTime()
	}
	return time.Time{}
}

// Recorded is the number of bytes in all recordings.
func (s *Server) Recorded() (n int64) {
	for _, p := range s.Recordings() {
		if st, err := os.Stat(p); err == nil {
			n += st.Size()
		}
	}
	return n
}

var logLine = regexp.MustCompile(`\*(\d+) (publish: name='([^']*)'|deleteStream|disconnect)`)

// Published counts the publishes of a stream that the server has accepted.
func (s *Server) Published(name string) int {
	n, _ := s.sessions(name)
	return n
}

// Unpublished counts those that the publisher ended in order: by deleteStream,
// while it was still connected.
func (s *Server) Unpublished(name string) int {
	_, n := s.sessions(name)
	return n
}

func (s *Server) sessions(name string) (published, unpublished int) {
	live := map[string]bool{}
	for _, m := range logLine.FindAllStringSubmatch(s.Log(), -1) {
		switch conn := m[1]; {
		case m[2] == "deleteStream":
			if live[conn] {
				unpublished++
			}
			delete(live, conn)
		case m[2] == "disconnect":
			delete(live, conn) // the server's own clean-up follows it
		case m[3] == name:
			published++
			live[conn] = true
		}
	}
	return published, unpublished
}
