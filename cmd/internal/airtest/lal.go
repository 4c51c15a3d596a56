package airtest

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// lalVersion is what the Makefile builds into the cache.
const lalVersion = "v0.37.4"

// cache is where make keeps what is brought once and used by every run.
func cache(t testing.TB) string {
	if dir := os.Getenv("AIRLOOM_CACHE"); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "airloom")
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

// LAL is a private lal server on loopback: what is published to it by RTMP or by
// RTSP can be pulled by RTMP, RTSP (TCP and UDP), HTTP-FLV and HLS. It keeps no
// GOP for those who come later, so a puller begins in the midst of one. It keeps
// its ports for life, so that it can die and come back.
type LAL struct {
	RTMPPort, RTSPPort, HTTPPort int

	t       testing.TB
	home    string
	program string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// Lal starts a server; the test's end kills it. sections are parts of its
// configuration to put over ours, such as {"rtsp": {"auth_enable": true}}.
func Lal(t testing.TB, sections ...map[string]map[string]any) *LAL {
	t.Helper()
	s := &LAL{t: t, home: t.TempDir(), program: filepath.Join(cache(t), "lalserver-"+lalVersion)}
	if _, err := os.Stat(s.program); err != nil {
		lacking(t, "the tests need lalserver "+lalVersion+" in the cache: `make lal` builds it")
	}
	s.RTMPPort, s.RTSPPort, s.HTTPPort = FreePort(t), FreePort(t), FreePort(t)
	conf := s.config()
	for _, more := range sections {
		for section, keys := range more {
			if conf[section] == nil {
				conf[section] = map[string]any{}
			}
			for key, value := range keys {
				conf[section].(map[string]any)[key] = value
			}
		}
	}
	text, err := json.Marshal(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.home, "lal.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	s.Start()
	return s
}

func (s *LAL) config() map[string]any {
	at := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	return map[string]any{
		"conf_version": "v0.4.1",
		"rtmp":         map[string]any{"enable": true, "addr": at(s.RTMPPort), "gop_num": 0},
		"default_http": map[string]any{"http_listen_addr": at(s.HTTPPort)},
		"httpflv":      map[string]any{"enable": true, "url_pattern": "/live/", "gop_num": 0},
		"hls": map[string]any{"enable": true, "url_pattern": "/hls/", "out_path": filepath.Join(s.home, "hls") + "/",
			"fragment_duration_ms": 2000, "fragment_num": 6, "delete_threshold": 6, "cleanup_mode": 1},
		"httpts": map[string]any{"enable": false},
		"rtsp":   map[string]any{"enable": true, "addr": at(s.RTSPPort), "out_wait_key_frame_flag": false},
		"log": map[string]any{"level": 1, "filename": filepath.Join(s.home, "lal.log"), "is_to_stdout": false,
			"timestamp_flag": true, "timestamp_with_ms_flag": true, "level_flag": true, "assert_behavior": 1},
		"server_id": "airtest",
	}
}

// RTMP is where a stream is published and pulled by RTMP.
func (s *LAL) RTMP(name string) string {
	return fmt.Sprintf("rtmp://127.0.0.1:%d/live/%s", s.RTMPPort, name)
}

// RTSP is where a stream is published and pulled by RTSP.
func (s *LAL) RTSP(name string) string {
	return fmt.Sprintf("rtsp://127.0.0.1:%d/live/%s", s.RTSPPort, name)
}

// HLS is a stream's playlist: segments of two seconds and more.
func (s *LAL) HLS(name string) string {
	return fmt.Sprintf("http://127.0.0.1:%d/hls/%s.m3u8", s.HTTPPort, name)
}

// FLV is a stream by HTTP, endless.
func (s *LAL) FLV(name string) string {
	return fmt.Sprintf("http://127.0.0.1:%d/live/%s.flv", s.HTTPPort, name)
}

// Start starts a server that is not running and returns the moment its ports were open.
func (s *LAL) Start() time.Time {
	s.t.Helper()
	s.cmd = exec.Command(s.program, "-c", filepath.Join(s.home, "lal.json"))
	s.cmd.Dir = s.home
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.ended = ended
	go func(c *exec.Cmd) { _ = c.Wait(); close(ended) }(s.cmd)
	Eventually(s.t, 10*time.Second, "lalserver listens", func() bool {
		select {
		case <-ended:
			s.t.Fatalf("lalserver did not start: %s", tail(s.Log(), 20))
		default:
		}
		return listens(s.RTMPPort) && listens(s.RTSPPort) && listens(s.HTTPPort)
	})
	return time.Now()
}

// listens says whether a port of loopback takes connections.
func listens(port int) bool {
	c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// Kill ends the server as a crash would. A frozen one too.
func (s *LAL) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	s.cmd = nil
}

// Freeze wedges the server: connections stay, nothing is read.
func (s *LAL) Freeze() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *LAL) Thaw() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// Log is what the server has written so far.
func (s *LAL) Log() string { return read(filepath.Join(s.home, "lal.log")) }
