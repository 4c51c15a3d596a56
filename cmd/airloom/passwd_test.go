package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a pseudo terminal: what is typed goes into the first end, the
// program sits at the second.
func terminal(t *testing.T) (typing, sits *os.File) {
	t.Helper()
	typing, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { _ = typing.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(typing.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(typing.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	sits, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sits.Close() })
	return typing, sits
}

func shows(t *testing.T, tty *os.File) bool {
	t.Helper()
	set, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return set.Lflag&unix.ECHO != 0
}

// screen is what the program writes.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Contains(s.b.Bytes(), []byte(words))
}

// What is typed is not shown; afterwards the terminal shows it again, also where
// the asking was broken off.
func TestAPasswordIsAskedForUnseen(t *testing.T) {
	for _, c := range []struct{ first, second, want, fails string }{
		{"Grüß Gott\n", "Grüß Gott\n", "Grüß Gott", ""},
		{"Grüß Gott\n", "Grüß Gutt\n", "", "not the same"},
		{"kurz\n", "", "", "fewer than 8"},
		{"", "", "", "no password was given"},
	} {
		typing, tty := terminal(t)
		require.True(t, shows(t, tty))
		ctx, cancel := context.WithCancel(t.Context())
		var out screen
		type result struct {
			word string
			err  error
		}
		done := make(chan result, 1)
		go func() {
			word, err := askPassword(ctx, tty, &out)
			done <- result{word, err}
		}()
		until := func(words string) {
			require.Eventually(t, func() bool { return out.has(words) }, 10*time.Second, time.Millisecond)
			require.False(t, shows(t, tty), "while a password is typed")
		}
		until("Password: ")
		if c.first == "" {
			cancel()
		}
		_, _ = typing.WriteString(c.first)
		if c.second != "" {
			until("Once more: ")
			_, _ = typing.WriteString(c.second)
		}
		got := <-done
		cancel()
		require.True(t, shows(t, tty))
		if c.fails != "" {
			require.ErrorContains(t, got.err, c.fails)
			continue
		}
		require.NoError(t, got.err)
		require.Equal(t, c.want, got.word)
	}
}
