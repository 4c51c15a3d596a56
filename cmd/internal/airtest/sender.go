package airtest

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Sender is an ffmpeg program that sends a clip in real time, round and round.
type Sender struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended chan struct{}
	words bytes.Buffer
}

// Send sends a clip; out is the rest of the program's arguments, with the address
// at its end. Pictures and sound are copied unless out says otherwise. The test's
// end stops it.
func Send(t testing.TB, clip Clip, out ...string) *Sender {
	t.Helper()
	s := &Sender{t: t, ended: make(chan struct{})}
	args := append([]string{"-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", clip.Path, "-c", "copy"}, out...)
	s.cmd = exec.Command(need(t, "ffmpeg", "ffmpeg"), args...)
	s.cmd.Stderr = &s.words
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("the sender of %s said:\n%s", strings.Join(out, " "), tail(s.words.String(), 10))
		}
	})
	return s
}

// Stop ends the sender as a crash would.
func (s *Sender) Stop() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}
