package library

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWhenAFileCounts goes through the decisions alone, on a clock of its own.
func TestWhenAFileCounts(t *testing.T) {
	const never = time.Duration(-1)
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	file := func(size int64, mtime int64) sig { return sig{kind: plain, ino: 1, size: size, mtime: mtime} }
	// A story is what happens when; due is when it is to be read after all of it.
	type event func(e *entry, now time.Time)
	appears := event(func(e *entry, now time.Time) { e.touch(now, true, false) })
	writes := event(func(e *entry, now time.Time) { e.touch(now, false, true) })
	shows := func(s sig) event { return func(e *entry, now time.Time) { e.observe(s, now) } }
	read := event(func(e *entry, _ time.Time) { e.clean() })
	busy := event(func(e *entry, now time.Time) { e.retry, e.whole, e.start = now.Add(ms(250)), false, false })
	began := event(func(e *entry, _ time.Time) { e.start = true })
	asked := event(func(e *entry, now time.Time) { e.order = true })
	type step struct {
		at time.Duration
		do event
	}
	for _, tt := range []struct {
		name  string
		story []step
		due   time.Duration
		how   how
	}{
		{"nothing happened", nil, never, settled},
		{"new, seen by a scan", []step{{0, shows(file(5, 1))}}, ms(2000), settled},
		{"it grows", []step{{0, shows(file(5, 1))}, {ms(1500), shows(file(6, 2))}}, ms(3500), settled},
		{"written, and it shows the same", []step{{0, shows(file(5, 1))}, {ms(1500), writes}}, ms(3500), settled},
		{"only looked at again", []step{{0, shows(file(5, 1))}, {ms(1500), shows(file(5, 1))}}, ms(2000), settled},
		{"made and written", []step{{0, appears}, {ms(1), writes}, {ms(20), shows(file(5, 1))}}, ms(2020), settled},
		{"renamed into place", []step{{0, appears}, {ms(20), shows(file(5, 1))}}, ms(120), early},
		{"renamed into place, empty", []step{{0, appears}, {ms(20), shows(file(0, 1))}}, ms(2020), settled},
		{"renamed, then written", []step{{0, appears}, {ms(20), shows(file(5, 1))}, {ms(50), writes}}, ms(2050), settled},
		{"renamed, a program writes on", []step{{0, appears}, {ms(20), shows(file(5, 1))}, {ms(120), busy}}, ms(2020), settled},
		{"renamed again and again", []step{
			{0, appears}, {ms(10), shows(file(5, 1))}, {ms(900), appears}, {ms(950), shows(file(5, 2))}, {ms(990), shows(file(5, 3))},
		}, ms(1000), early},
		{"kept open", []step{{0, shows(file(5, 1))}, {ms(29_000), busy}}, ms(29_250), settled},
		{"kept open for ever", []step{{0, shows(file(5, 1))}, {ms(29_900), busy}}, ms(30_150), insisted},
		{"there at the start", []step{{0, began}, {0, shows(file(5, 1))}}, 0, early},
		{"there at the start, being written", []step{{0, began}, {0, shows(file(5, 1))}, {ms(10), busy}}, ms(2000), settled},
		{"asked for", []step{{0, shows(file(5, 1))}, {ms(10), asked}}, 0, ordered},
		{"read", []step{{0, shows(file(5, 1))}, {ms(2000), read}}, never, settled},
		{"read, and gone", []step{{0, shows(file(5, 1))}, {ms(2000), read}, {ms(3000), shows(sig{})}}, ms(5000), settled},
		{"gone and back", []step{{0, shows(file(5, 1))}, {ms(2000), read}, {ms(3000), shows(sig{})}, {ms(4000), shows(file(6, 2))}}, ms(6000), settled},
		{"a pipe", []step{{0, shows(sig{kind: odd, ino: 1})}}, never, settled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := New(Config{}).config
			zero := time.Unix(1e9, 0)
			e := &entry{since: zero}
			for _, s := range tt.story {
				s.do(e, zero.Add(s.at))
			}
			at, how, ok := e.due(&c)
			if tt.due == never {
				require.False(t, ok)
				return
			}
			require.True(t, ok)
			require.Equal(t, tt.due, at.Sub(zero))
			require.Equal(t, tt.how, how)
		})
	}
}
