package airtest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	gosync "sync"
	"syscall"
	"testing"
	"time"
)

// AMSVersion is the Ant Media Server that the tests speak with.
const AMSVersion = "2.17.1"

// amsApp is the application that streams are published to.
const amsApp = "LiveApp"

// ViewersSettings are the two settings without which every reconnect hurts the
// viewers of AMS' HLS twice: its playlist begins anew, with the old names, and half
// a minute later the old session's clean-up deletes the new session's segments.
func ViewersSettings() map[string]string {
	return map[string]string{
		"deleteHLSFilesOnEnded": "false",
		"hlsflags":              "delete_segments+program_date_time+append_list+omit_endlist",
	}
}

// AntMedia is a private Ant Media Server, Community, on loopback. It keeps its
// ports and its data for life, so that it can die and come back.
type AntMedia struct {
	RTMPPort, HTTPPort int

	t       testing.TB // the test that is asking just now
	home    string
	control int // of its shutdown service and JMX
	mu      gosync.Mutex
	process *os.Process
	ended   chan struct{}
}

// AMS starts a server; the test's end kills it. settings are of the application:
// settings.<key>. Without AIRLOOM_AMS, or where the server cannot be had, the test
// is skipped.
func AMS(t testing.TB, settings map[string]string) *AntMedia {
	t.Helper()
	s := newAMS(t, t.TempDir(), settings)
	t.Cleanup(func() {
		s.Kill()
		if dir := os.Getenv("AIRLOOM_KEEP"); dir != "" { // for a second look
			_ = copyFile(s.path("log/ant-media-server.log"), filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-ams.log"), 0o644)
		}
		if t.Failed() {
			t.Logf("Ant Media Server said:\n%s", tail(s.Log(), 60))
		}
	})
	s.Start()
	return s
}

// shared is the server that tests have in common which only publish, each under
// an id of its own.
var shared struct {
	gosync.Mutex
	server *AntMedia
	home   string
}

// SharedAMS is one server for all tests that leave it alive, with the viewers'
// settings. EndShared ends it.
func SharedAMS(t testing.TB) *AntMedia {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		return shared.server.For(t)
	}
	amsSource(t) // skips the test before anything is made
	home, err := os.MkdirTemp("", "airloom-ams-")
	if err != nil {
		t.Fatal(err)
	}
	var s *AntMedia
	defer func() {
		if shared.server == nil { // it did not start: the next test tries anew
			if s != nil {
				s.Kill()
			}
			_ = os.RemoveAll(home)
		}
	}()
	s = newAMS(t, home, ViewersSettings())
	s.Start()
	shared.server, shared.home = s, home
	return s
}

// EndShared ends the server that tests had in common, if there is one.
func EndShared() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.Kill()
		_ = os.RemoveAll(shared.home)
	}
	shared.server, shared.home = nil, ""
}

// For is the same server, for another test.
func (s *AntMedia) For(t testing.TB) *AntMedia {
	return &AntMedia{RTMPPort: s.RTMPPort, HTTPPort: s.HTTPPort, t: t, home: s.home, control: s.control,
		process: s.process, ended: s.ended}
}

// amsSource is where the server's files are; without them the test is skipped.
func amsSource(t testing.TB) string {
	t.Helper()
	if os.Getenv("AIRLOOM_AMS") != "1" {
		t.Skip("speaks with a real Ant Media Server: make test-ams (AIRLOOM_AMS=1)")
	}
	source := filepath.Join(cache(t), "ant-media-server-"+AMSVersion)
	if _, err := os.Stat(source); err != nil {
		t.Skipf("Ant Media Server %s is not in the cache and could not be had: make setup-ams tries to bring it", AMSVersion)
	}
	if java() == "" {
		t.Skip("Ant Media Server runs on a JDK 17, and this system has none: set JAVA_HOME to one")
	}
	return source
}

// newAMS lays a server into home, and does not start it.
func newAMS(t testing.TB, home string, settings map[string]string) *AntMedia {
	t.Helper()
	source := amsSource(t)
	s := &AntMedia{t: t, home: home, RTMPPort: FreePort(t), HTTPPort: FreePort(t), control: FreePort(t)}
	if err := s.lay(source, settings); err != nil {
		t.Fatalf("Ant Media Server: %v", err)
	}
	return s
}

// lay copies the server's files and configures it.
func (s *AntMedia) lay(source string, settings map[string]string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(source, e.Name()), filepath.Join(s.home, e.Name())
		switch e.Name() {
		case "log":
			continue
		case "lib": // large, and never written
			err = os.Symlink(from, to)
		default:
			err = exec.Command("cp", "-a", from, to).Run()
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", e.Name(), err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.home, "log"), 0o755); err != nil {
		return err
	}
	own := map[string]string{}
	for k, v := range settings {
		own["settings."+k] = v
	}
	for _, edit := range []func() error{
		// Its log is ours, and no error of it is reported to a service outside.
		func() error {
			return replaceIn(s.path("conf/logback.xml"), "/var/log/antmedia/", s.path("log")+"/",
				`<appender-ref ref="AntmediaLogger"/>`, "")
		},
		// A second server that finds its shutdown port taken ends itself.
		func() error {
			return replaceIn(s.path("conf/red5.xml"), `<property name="shutdownDelay" value="5" />`,
				fmt.Sprintf(`<property name="shutdownDelay" value="2" /><property name="port" value="%d" />`, s.control))
		},
		func() error { return setProperties(s.path("conf/red5.properties"), s.properties()) },
		func() error { return s.Set(own) },
	} {
		if err := edit(); err != nil {
			return err
		}
	}
	return nil
}

func (s *AntMedia) properties() map[string]string {
	return map[string]string{
		"http.host": "127.0.0.1", "http.port": itoa(s.HTTPPort),
		"rtmp.host": "127.0.0.1", "rtmp.port": itoa(s.RTMPPort),
		"jmx.rmi.port": itoa(s.control), "jmx.rmi.sport": itoa(FreePort(s.t)),
		"server.heartbeatEnabled":        "false",
		"server.cpu_limit":               "100",
		"server.memory_limit_percentage": "100",
		// The limit is clamped to 100, and a processor that is wholly busy is refused too.
		"server.cpu_measurement_period_ms": "86400000",
	}
}

// Set writes whole keys of the application's properties, for the next start.
func (s *AntMedia) Set(properties map[string]string) error {
	return setProperties(s.path("webapps/"+amsApp+"/WEB-INF/red5-web.properties"), properties)
}

func (s *AntMedia) path(name string) string { return filepath.Join(s.home, name) }

// replaceIn puts new texts in the place of old ones; an old one that is not there
// is an error: the file is not what we take it for.
func replaceIn(path string, oldnew ...string) error {
	text := read(path)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			return fmt.Errorf("%s holds no %s", path, oldnew[i])
		}
	}
	return os.WriteFile(path, []byte(strings.NewReplacer(oldnew...).Replace(text)), 0o644)
}

// setProperties sets keys of a Java properties file.
func setProperties(path string, keys map[string]string) error {
	text := strings.TrimRight(read(path), "\n") + "\n"
	for _, key := range sorted(keys) {
		line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(key) + `\s*=.*$`)
		set := key + "=" + keys[key]
		if line.MatchString(text) {
			text = line.ReplaceAllLiteralString(text, set)
		} else {
			text += set + "\n"
		}
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// java is the program that runs the server, of a JDK 17; "" where there is none.
func java() string {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin/java")
	}
	list, _ := filepath.Glob("/usr/lib/jvm/java-17-openjdk-*/bin/java")
	return strings.Join(list[:min(1, len(list))], "")
}

// Start starts a server that is not running and waits until its application takes
// streams. Nobody may ask its REST API before: it could come up with settings
// other than those written.
func (s *AntMedia) Start() {
	s.t.Helper()
	before := len(s.Log())
	s.Launch()
	Eventually(s.t, 2*time.Minute, "Ant Media Server has started", func() bool {
		if !s.Running() {
			s.t.Fatalf("Ant Media Server has ended:\n%s", tail(read(s.path("log/console.log")), 30))
		}
		log := s.Log()
		return strings.Contains(log[min(before, len(log)):], amsApp+" started")
	})
	Eventually(s.t, 30*time.Second, "its REST API answers", func() bool { _, code := s.ask(http.MethodGet, "/version", nil); return code == 200 })
}

// Launch starts a server that is not running, and waits for nothing.
func (s *AntMedia) Launch() {
	s.t.Helper()
	h := s.home
	cmd := exec.Command(java(), "-Dred5.root="+h, "-Xms256m", "-Xmx1500m", "-Djava.io.tmpdir="+h, "-Djava.awt.headless=true",
		"-Xverify:none", "-XX:MaxMetaspaceSize=256m", "-XX:+UseG1GC", "-Xshare:off",
		"-Djava.system.class.loader=org.red5.server.classloading.ServerClassLoader",
		"-Dcatalina.home="+h, "-Dcatalina.useNaming=true", "-Djava.net.preferIPv4Stack=true",
		"-Djava.library.path="+h+"/lib/native-linux-x86_64:"+h+"/lib/native",
		"-cp", h+"/ant-media-server-service.jar:"+h+"/conf", "org.red5.server.Bootstrap", itoa(s.control))
	log, err := os.OpenFile(s.path("log/console.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = h, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began, ended := make(chan error), make(chan struct{})
	go func() { // its death follows that of the thread that started it
		runtime.LockOSThread()
		began <- cmd.Start()
		_ = cmd.Wait()
		close(ended)
	}()
	if err := <-began; err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process, s.ended = cmd.Process, ended
}

// Running says whether the server's process is there.
func (s *AntMedia) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// Kill ends the server as a crash would. A frozen one too.
func (s *AntMedia) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		_ = s.process.Kill()
		<-s.ended
	}
	s.process = nil
}

// Freeze wedges the server: connections stay, nothing is read.
func (s *AntMedia) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *AntMedia) Thaw() { s.signal(syscall.SIGCONT) }

func (s *AntMedia) signal(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.process.Signal(sig)
}

// Log is what the server has logged since it was first started.
func (s *AntMedia) Log() string { return read(s.path("log/ant-media-server.log")) }
