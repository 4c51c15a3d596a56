package socket

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"airloom/playlist"
	"airloom/playout"
	"airloom/playout/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is an engine that holds, and takes its time over the slate.
type still struct {
	control.Engine
	slow  chan struct{}
	asked chan struct{} // closed when it is asked for the slate
}

func (s still) Snapshot() (playout.Snapshot, playout.Counts) {
	return playout.Snapshot{}, playout.Counts{}
}
func (s still) Hold(context.Context, bool, string) error { return nil }
func (s still) Slate(ctx context.Context, _ bool, _ string) error {
	if s.asked != nil {
		close(s.asked)
	}
	select {
	case <-s.slow:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type shelf struct{}

func (shelf) Playlists() []*playlist.Playlist { return []*playlist.Playlist{{File: "news.yml"}} }
func (shelf) Reload(context.Context) error    { return nil }

// open is a server in a folder of its own, and its desk.
func open(t *testing.T) (folder string, desk *control.Desk, slow chan struct{}) {
	folder, slow = t.TempDir(), make(chan struct{})
	desk = control.NewDesk(control.Rooms{
		Engine: still{slow: slow}, Library: shelf{}, Status: func() control.Status { return control.Status{Channel: "Test", Tick: 42} },
	})
	run(t, folder, desk)
	return folder, desk, slow
}

// run keeps the socket until the test ends, or until the function is called.
func run(t *testing.T, folder string, desk *control.Desk) (stop func()) {
	s, err := Listen(folder, desk, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		desk.Close()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func yes() *bool { on := true; return &on }

func TestACommandIsCarriedOutForWhoeverAsks(t *testing.T) {
	folder, desk, _ := open(t)
	reply, err := Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
	require.NoError(t, err)
	require.True(t, reply.OK)
	require.Contains(t, reply.Said, "hold on since")
	require.NotNil(t, reply.Since)
	me, err := user.Current()
	require.NoError(t, err)
	require.Equal(t, me.Username, desk.Notes()[0].By)
	require.Equal(t, "ctl", desk.Notes()[0].Via)

	reply, err = Ask(t.Context(), folder, Request{Command: Status})
	require.NoError(t, err)
	require.EqualValues(t, 42, reply.Status.Tick)
	reply, err = Ask(t.Context(), folder, Request{Command: Log})
	require.NoError(t, err)
	require.Equal(t, "hold on", reply.Log[0].Asked)
}

func TestARefusalSaysWhy(t *testing.T) {
	folder, _, _ := open(t)
	for command, want := range map[string]Reply{
		Skip:   {Code: control.Refused, Error: "no item is on air to skip"},
		Take:   {Code: control.Unknown, Error: "there is no playlist old.yml: choose from news.yml"},
		Slate:  {Code: control.Invalid, Error: "slate needs on: true or false"},
		Live:   {Code: control.Invalid, Error: "live needs a producer, and on: true or false"},
		"vote": {Code: control.Invalid, Error: `there is no command "vote"`},
	} {
		got, err := Ask(t.Context(), folder, Request{Command: command, Playlist: "old.yml"})
		require.NoError(t, err)
		want.Protocol = Protocol
		require.Equal(t, want, got)
	}
}

// dial is a plain end of the socket.
func dial(t *testing.T, folder string) (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("unix", filepath.Join(folder, Name))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn, bufio.NewReaderSize(conn, 1<<20)
}

func heard(t *testing.T, in *bufio.Reader) (r Reply) {
	line, err := in.ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &r))
	return r
}

func TestGarbageIsAnsweredInWords(t *testing.T) {
	folder, _, _ := open(t)
	conn, in := dial(t, folder)
	for line, want := range map[string]string{
		"":                                     "the request is no line of JSON",
		"GET / HTTP/1.1":                       "the request is no line of JSON",
		"\x00\xff{}":                           "the request is no line of JSON",
		`{"protocol":2,"command":"skip"}`:      "the channel speaks protocol 1, not 2",
		`{"command":"skip"}`:                   "the channel speaks protocol 1, not 0",
		`{"protocol":1,"comand":"skip"}`:       `unknown field "comand"`,
		`{"protocol":1,"command":7}`:           "cannot be understood",
		`{"protocol":1,"command":"status"} {}`: "the request is no line of JSON",
		`[]`:                                   "the request is no line of JSON",
		`{"protocol":1,"command":""}`:          `there is no command ""`,
	} {
		_, err := conn.Write([]byte(line + "\n"))
		require.NoError(t, err)
		r := heard(t, in)
		require.False(t, r.OK)
		require.Equal(t, control.Invalid, r.Code, line)
		require.Contains(t, r.Error, want, line)
	}
	_, err := conn.Write([]byte(`{"protocol":1,"command":"status"}` + "\n"))
	require.NoError(t, err)
	require.True(t, heard(t, in).OK, "it goes on")
}

func TestALongLineIsRefusedAndTheEndHungUp(t *testing.T) {
	folder, _, _ := open(t)
	conn, in := dial(t, folder)
	go func() { _, _ = conn.Write([]byte(strings.Repeat("x", 10*maxRequest))) }()
	require.Contains(t, heard(t, in).Error, "longer than 16384 bytes")
	_, err := in.ReadByte()
	require.Error(t, err)
}

// One that says nothing, one that stops in mid-line, one that never reads: none
// of them keeps another waiting.
func TestASlowEndCostsNobodyElse(t *testing.T) {
	folder, _, slow := open(t)
	dial(t, folder)
	half, in := dial(t, folder)
	_, err := half.Write([]byte(`{"protocol":1,`))
	require.NoError(t, err)
	deaf, _ := dial(t, folder)
	go func() {
		for {
			if _, err := deaf.Write([]byte(`{"protocol":1,"command":"status"}` + "\n")); err != nil {
				return
			}
		}
	}()
	defer deaf.Close()
	under, waits := dial(t, folder)
	_, err = under.Write([]byte(`{"protocol":1,"command":"slate","on":true}` + "\n"))
	require.NoError(t, err)

	reply, err := Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
	require.NoError(t, err)
	require.True(t, reply.OK)
	close(slow)
	require.True(t, heard(t, waits).OK)
	_, err = half.Write([]byte(`"command":"status"}` + "\n"))
	require.NoError(t, err)
	require.True(t, heard(t, in).OK)
}

func TestAHundredAskAtOnce(t *testing.T) {
	folder, desk, _ := open(t)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for range 100 {
		wg.Go(func() {
			for range 5 {
				reply, err := Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
				if err != nil || !reply.OK {
					errs <- fmt.Errorf("%w %+v", err, reply)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, desk.Notes(), 500)
}

func TestTooManyAreTurnedAway(t *testing.T) {
	folder, _, _ := open(t)
	for range maxClients {
		conn, in := dial(t, folder)
		_, err := conn.Write([]byte("\n"))
		require.NoError(t, err)
		heard(t, in)
	}
	_, in := dial(t, folder)
	require.Equal(t, control.Unavailable, heard(t, in).Code)
}

func TestTheSocketIsForUserAndGroupAlone(t *testing.T) {
	folder, _, _ := open(t)
	info, err := os.Stat(filepath.Join(folder, Name))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o660)|os.ModeSocket, info.Mode())
}

func TestALiveSocketIsNeverReplacedADeadOneAlways(t *testing.T) {
	folder := t.TempDir()
	desk := control.NewDesk(control.Rooms{Engine: still{}})
	stop := run(t, folder, desk)
	_, err := Listen(folder, desk, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, ErrRunning)
	_, err = Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
	require.NoError(t, err, "the first goes on")
	stop()
	require.NoFileExists(t, filepath.Join(folder, Name))

	// What a process leaves that was killed.
	path := filepath.Join(folder, Name)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	require.FileExists(t, path)
	_, err = Ask(t.Context(), folder, Request{Command: Status})
	require.ErrorContains(t, err, "no channel runs here: nobody answers at "+path)
	run(t, folder, control.NewDesk(control.Rooms{Engine: still{}}))
	reply, err := Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
	require.NoError(t, err)
	require.True(t, reply.OK)
}

// One that lives without the lock, a file that is no socket: both are left alone.
func TestWhatIsNoDeadSocketIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, Name)
	alive, err := net.Listen("unix", path)
	require.NoError(t, err)
	_, err = Listen(folder, nil, nil)
	require.ErrorIs(t, err, ErrRunning)
	require.NoError(t, alive.Close())

	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err = Listen(folder, nil, nil)
	require.ErrorContains(t, err, "is there and is no socket: move it away")
	_, err = Listen(filepath.Join(folder, "none"), nil, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Who removes the socket, or the folder with it, does not keep the channel from
// commands for ever; one that is under way is answered all the same.
func TestASocketThatIsRemovedIsMadeAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.Mkdir(folder, 0o755))
	desk := control.NewDesk(control.Rooms{Engine: still{}, Library: shelf{}})
	s, err := Listen(folder, desk, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s.look = 5 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	conn, in := dial(t, folder)
	answered := func() bool {
		_, err := Ask(ctx, folder, Request{Command: Hold, On: yes()})
		return err == nil
	}
	for _, path := range []string{filepath.Join(folder, Name), folder} {
		require.Eventually(t, answered, 5*time.Second, 5*time.Millisecond)
		require.NoError(t, os.RemoveAll(path))
		require.Eventually(t, func() bool { return !answered() }, 5*time.Second, time.Millisecond)
		require.NoError(t, os.MkdirAll(folder, 0o755))
		require.Eventually(t, answered, 5*time.Second, 5*time.Millisecond)
	}
	_, err = conn.Write([]byte(`{"protocol": 1, "command": "log"}` + "\n"))
	require.NoError(t, err)
	require.True(t, heard(t, in).OK, "who was there before stays")
	cancel()
	desk.Close()
	require.NoError(t, <-done)
	_, err = os.Lstat(filepath.Join(folder, Name))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestOnlyOneOfManyThatStartAtOnceWins(t *testing.T) {
	folder := t.TempDir()
	starting, err := os.Open(folder) // one that has the folder, and no socket yet
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(starting.Fd()), unix.LOCK_SH))
	_, err = Listen(folder, nil, nil)
	require.ErrorIs(t, err, ErrRunning)
	require.NoError(t, starting.Close())

	won := make(chan *Server, 20)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if s, err := Listen(folder, nil, nil); err == nil {
				won <- s
			}
		})
	}
	wg.Wait()
	require.Len(t, won, 1)
	require.NoError(t, (<-won).Close())
}

func TestAFolderMayHaveALongName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), strings.Repeat("long", 50))
	require.NoError(t, os.Mkdir(folder, 0o755))
	run(t, folder, control.NewDesk(control.Rooms{Engine: still{}}))
	reply, err := Ask(t.Context(), folder, Request{Command: Hold, On: yes()})
	require.NoError(t, err)
	require.True(t, reply.OK)
}

func TestNobodyToAsk(t *testing.T) {
	_, err := Ask(t.Context(), t.TempDir(), Request{Command: Status})
	require.ErrorContains(t, err, "no channel runs here")
	_, err = Ask(t.Context(), "/nowhere", Request{Command: Status})
	require.ErrorContains(t, err, "no channel runs here: nobody answers at /nowhere/control.sock")
}

// A command that is under way when the channel stops is answered.
func TestTheEndIsAnAnswerToo(t *testing.T) {
	folder := t.TempDir()
	asked := make(chan struct{})
	desk := control.NewDesk(control.Rooms{Engine: still{slow: make(chan struct{}), asked: asked}})
	stop := run(t, folder, desk)
	conn, in := dial(t, folder)
	_, err := conn.Write([]byte(`{"protocol":1,"command":"slate","on":true}` + "\n"))
	require.NoError(t, err)
	<-asked
	idle, answer := dial(t, folder)
	_, err = idle.Write([]byte("\n"))
	require.NoError(t, err)
	heard(t, answer)
	began := time.Now()
	stop()
	require.Contains(t, heard(t, in).Error, "the channel is being stopped")
	_, err = answer.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	require.Less(t, time.Since(began), 4*time.Second)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"protocol":1,"command":"take","playlist":"news.yml","number":3,"next":true}`))
	f.Add([]byte(`{"protocol":1}{}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := parse(line); err == nil {
			require.Equal(t, Protocol, r.Protocol)
		}
	})
}
