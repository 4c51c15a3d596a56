package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watchFor judges a run of looks, four a second, and returns when the server
// was given up, or 0.
func watchFor(d time.Duration, see func(at time.Duration) (socket, Spoken)) time.Duration {
	t0 := time.Unix(1e9, 0)
	e := newEvidence(t0)
	for at := lookEvery; at <= d; at += lookEvery {
		s, said := see(at)
		if said.Heard.IsZero() {
			said.Heard = t0
		}
		e = e.look(t0.Add(at), s, said)
		if e.alive(t0.Add(at)).Add(StallAfter).Before(t0.Add(at)) {
			return at
		}
	}
	return 0
}

func TestJudgesLife(t *testing.T) {
	t0 := time.Unix(1e9, 0)
	const frozenAt = 20 * time.Second
	bytes := func(at time.Duration, kbps int) uint64 { return uint64(at.Milliseconds()) * uint64(kbps) / 8 }
	// A receiver's window as it was measured: it stands while its program
	// reads, and loses a fifth of what comes while it does not.
	window := func(at time.Duration, kbps int) socket {
		s := socket{acked: bytes(at, kbps), window: 101376}
		if at > frozenAt {
			full := bytes(frozenAt, kbps) + 5*101376
			fell := min(s.acked, full) - bytes(frozenAt, kbps)
			s.pending, s.acked = s.acked > full, min(s.acked, full)
			s.window -= min(s.window, fell/5/1024*1024)
		}
		return s
	}
	for _, kbps := range []int{30, 100, 180, 1400, 20000} {
		for name, speaks := range map[string]func(at time.Duration) Spoken{
			"silent": func(time.Duration) Spoken { return Spoken{} },
			"acknowledging": func(at time.Duration) Spoken {
				at = min(at, frozenAt)
				n := int64(bytes(at, kbps)) / AckWindow
				return Spoken{Heard: t0.Add(time.Duration(n) * AckWindow * 8 * time.Millisecond / time.Duration(kbps)), Acks: n}
			},
			"answering": func(at time.Duration) Spoken {
				at = min(at, frozenAt)
				return Spoken{Heard: t0.Add(at.Truncate(PingEvery)), Pongs: int64(at / PingEvery)}
			},
		} {
			gone := watchFor(60*time.Second, func(at time.Duration) (socket, Spoken) { return window(at, kbps), speaks(at) })
			require.Greater(t, gone, frozenAt, "%s at %d kbit/s: alarm while it lived", name, kbps)
			limit := 10 * time.Second
			if kbps < 100 {
				limit = 14 * time.Second
			}
			require.LessOrEqual(t, gone-frozenAt, limit, "%s at %d kbit/s", name, kbps)
			never := watchFor(frozenAt, func(at time.Duration) (socket, Spoken) { return window(at, kbps), speaks(at) })
			require.Zero(t, never)
		}
	}
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, Spoken) {
		steps := uint64(at / (2500 * time.Millisecond)) // a full window that opens by 64 KiB at a time
		return socket{acked: 500000 + steps*65536, pending: true}, Spoken{}
	}), "slow but alive")
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, Spoken) {
		s := socket{acked: bytes(at, 100), window: 101376}
		if in := at % (20 * time.Second); in > 10*time.Second && in < 15200*time.Millisecond {
			s.window -= bytes(in-10*time.Second, 100)
		}
		return s, Spoken{}
	}), "pauses for five seconds now and then")
	// As measured through a proxy at 200 kbit/s: the window of 300 kB goes within
	// two seconds, then opens by 75 kB every three.
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, Spoken) {
		s := socket{acked: min(bytes(at, 1400), 309248), pending: true}
		s.window = 309248 - s.acked
		if at > 3*time.Second {
			steps, in := uint64(at/(3*time.Second)), at%(3*time.Second)
			if s.acked += (steps - 1) * 75000; in < 500*time.Millisecond {
				s.window = 75000
			} else {
				s.acked += 75000
			}
		}
		return s, Spoken{}
	}), "slow and silent, but alive")
	for _, kbps := range []int{30, 100, 220, 1000, 4000, 20000} { // of two hours at most
		own := func(each uint64) func(at time.Duration) (socket, Spoken) {
			return func(at time.Duration) (socket, Spoken) {
				n := bytes(at, kbps) / each
				return socket{acked: bytes(at, kbps), window: 101376},
					Spoken{Heard: t0.Add(time.Duration(n*each) * 8 * time.Millisecond / time.Duration(kbps)), Acks: int64(n)}
			}
		}
		require.Zero(t, watchFor(2*time.Hour, own(1<<20)), "acknowledges each MiB, as measured, at %d kbit/s", kbps)
		require.Zero(t, watchFor(2*time.Hour, own(2_500_000)), "acknowledges each 2.5 MB at %d kbit/s", kbps)
	}
	require.Zero(t, watchFor(time.Hour, func(time.Duration) (socket, Spoken) {
		return socket{acked: 5000, window: 60000}, Spoken{}
	}), "nothing is sent")
	require.NotZero(t, watchFor(9*time.Second, func(time.Duration) (socket, Spoken) {
		return socket{acked: 5000, window: 60000, pending: true}, Spoken{}
	}), "the cable is cut")
	// Behind a proxy that takes everything, only the server's own words count.
	proxied := func(at time.Duration) (socket, Spoken) {
		s := socket{acked: bytes(at, 1400), window: 101376}
		at = min(at, frozenAt)
		return s, Spoken{Heard: t0.Add(at), Acks: int64(at / time.Second)}
	}
	require.InDelta(t, frozenAt+StallAfter, watchFor(time.Minute, proxied), float64(time.Second))
}
