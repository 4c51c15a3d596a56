package web

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	noon  = time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
	afar  = netip.MustParseAddr("192.0.2.7")
	other = netip.MustParseAddr("192.0.2.8")
)

// tire tries until there is a delay, waits it out, and so on, and returns the
// delays.
func tire(l *limiter, name string, from netip.Addr, now *time.Time, n int) (waits []time.Duration) {
	for range n {
		for l.try(name, true, from, *now) == 0 {
			continue
		}
		w := l.try(name, true, from, *now)
		waits = append(waits, w)
		*now = now.Add(w)
	}
	return waits
}

func TestDelaysGrow(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		from string
		want []time.Duration
	}{
		{"192.0.2.7", []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, longestPlace, longestPlace}},
		{"127.0.0.1", []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, longestName, longestName}},
		{"::ffff:127.0.0.1", []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, longestName, longestName}},
	} {
		now := noon
		require.Equal(t, c.want, tire(newLimiter(), "oskar", netip.MustParseAddr(c.from), &now, len(c.want)))
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	l, now := newLimiter(), noon
	tire(l, "oskar", afar, &now, 8)
	l.try("oskar", true, afar, now)
	require.Positive(t, l.try("oskar", true, afar, now))
	now = now.Add(forgotten + time.Second)
	for range freeTries {
		require.Zero(t, l.try("oskar", true, afar, now))
	}
	require.Equal(t, time.Second, l.try("oskar", true, afar, now))
}

// Nobody can lock an operator out by guessing at his name: where he has signed in
// before, only what fails there counts. Elsewhere he waits half a minute at most.
func TestNobodyIsLockedOut(t *testing.T) {
	l, now := newLimiter(), noon
	home, evil := netip.MustParseAddr("192.0.2.100"), 0
	require.Zero(t, l.try("oskar", true, home, now))
	l.forgive("oskar", home, now)
	for range 50 { // each from another place
		evil++
		l.try("oskar", true, netip.AddrFrom4([4]byte{198, 51, 100, byte(evil)}), now)
		now = now.Add(time.Second)
	}
	require.Zero(t, l.try("oskar", true, home, now))
	require.LessOrEqual(t, l.try("oskar", true, other, now), longestName)
	require.Positive(t, l.try("oskar", true, other, now))
	require.Zero(t, l.try("vera", true, other, now), "another name is not touched")
	for l.try("oskar", true, home, now) == 0 {
		continue
	}
	require.Equal(t, time.Second, l.try("oskar", true, home, now), "but there, too, guessing is slowed down")
}

// His own success at home does not give those who guess elsewhere new tries.
func TestSuccessDoesNotHelpThoseWhoGuess(t *testing.T) {
	l, now := newLimiter(), noon
	l.forgive("oskar", other, now)
	for range freeTries {
		require.Zero(t, l.try("oskar", true, afar, now))
	}
	l.forgive("oskar", other, now)
	require.Positive(t, l.try("oskar", true, netip.MustParseAddr("198.51.100.1"), now))
}

func TestPlaces(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8::1": "2001:db8::/64", "fe80::1%eth0": "fe80::/64",
	} {
		require.Equal(t, want, place(netip.MustParseAddr(from)).String())
	}
	require.NotPanics(t, func() { newLimiter().try("x", true, netip.Addr{}, noon) })
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	l := newLimiter()
	for i := range maxTries + 500 {
		from := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		require.Zero(t, l.try(fmt.Sprint(i), false, from, noon))
		l.forgive(fmt.Sprint(i), from, noon)
	}
	require.Len(t, l.addresses, maxTries)
	require.Len(t, l.strangers, maxTries)
	require.Len(t, l.known, maxTries)
	l.try("x", false, afar, noon.Add(forgotten+time.Minute))
	require.Len(t, l.addresses, 1, "what is forgotten goes first")
}
