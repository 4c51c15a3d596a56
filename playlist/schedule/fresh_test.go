package schedule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A playlist that comes, or is mended, a little after its start airs late: as on
// a channel that begins then. What has aired does not air again.
func TestAPlaylistThatComesAfterItsStart(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"new, and cuts in":           {"", `{at: "2026-07-14 20:00:10", duration: 60s}`, "a7 a7 a7 a7 a7 x60"},
		"new, and joins":             {"", `{at: "2026-07-14 20:00:10", duration: 60s, late: join}`, "a7 a7 a7 a7 a7 x60+20"},
		"new, without an end":        {"", `{at: "2026-07-14 20:00:10"}`, "a7 a7 a7 a7 a7 x60 y60 a7"},
		"new and soft":               {"", `{at: "2026-07-14 20:00:10", start: soft}`, "a7 a7 a7 a7 a7 x60 y60 a7"},
		"new, and its time is over":  {"", `{at: "2026-07-14 20:00:10", duration: 10s}`, "a7 a7 a7 a7 a7 a7 a7 a7"},
		"at another time":            {`{at: "2026-07-14 21:00"}`, `{at: "2026-07-14 20:00:10"}`, "a7 a7 a7 a7 a7 x60 y60 a7"},
		"by another rule":            {`{cron: "0 21 * * *"}`, `{cron: "0 20 * * *", until: "20:01"}`, "a7 a7 a7 a7 a7 x60 a7"},
		"the same time otherwise":    {`{at: "2026-07-14 20:00", duration: 20s}`, `{cron: "0 20 * * *", until: "20:01"}`, "x60 a7 a7 a7"},
		"as it was, but longer":      {`{at: "2026-07-14 20:00", duration: 20s}`, `{at: "2026-07-14 20:00", duration: 60s}`, "x60 a7 a7 a7"},
		"its next time has come too": {"", `{cron: "0,1 20 * * *", duration: 20s}`, "a7 a7 a7 a7 a7 a7 a7 a7 a7 x60 a7"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := func(schedule string) []string {
				if schedule == "" {
					return []string{"main: a7"}
				}
				return []string{"main: a7", "x: x60 y60 | " + schedule}
			}
			p := play(planned(t, lines(c.before)...), at(t, "20:00")).until(seconds(30))
			p.p = planned(t, lines(c.after)...)
			p.until(seconds(300))
			var got []string
			for i, r := range p.rows {
				if i < len(p.from) && p.from[i] > 0 && strings.HasPrefix(r, "x") {
					r += fmt.Sprintf("+%d", p.from[i]/25)
				}
				got = append(got, r)
			}
			want := strings.ReplaceAll(c.want, " ", ", ")
			require.Equal(t, want, firstOf(strings.Join(got, ", "), want))
		})
	}
}

// A folder that vanishes for a while, and a restart, do not have a list air again.
func TestAPlaylistThatComesBackDoesNotAirAgain(t *testing.T) {
	x := `x: x20 | {at: "2026-07-14 20:00", until: "20:30"}`
	for _, restart := range []bool{false, true} {
		p := play(planned(t, "main: a7", x), at(t, "19:59:58")).until(seconds(40))
		require.Equal(t, 1, p.count("x20"))
		if restart {
			data, err := Save(p.e, p.left)
			require.NoError(t, err)
			p.e, p.left, err = Restore(data)
			require.NoError(t, err)
		}
		p.p = planned(t, "main: a7")
		p.until(seconds(50))
		p.p = planned(t, "main: a7", x)
		p.until(seconds(300))
		require.Equal(t, 1, p.count("x20"))
	}
}

// A list that came while the channel was off, after its time, airs when it is back.
func TestAPlaylistThatCameWhileTheChannelWasOff(t *testing.T) {
	p := play(planned(t, "main: a7"), at(t, "19:59:58")).until(seconds(40))
	data, err := Save(p.e, p.left)
	require.NoError(t, err)
	p.e, p.left, err = Restore(data)
	require.NoError(t, err)
	p.p = planned(t, "main: a7", `day: d50000 e50000 | {cron: "0 6 * * *", duration: 24h, late: join}`)
	p.until(seconds(60))
	require.Equal(t, 1, p.count("e50000"))
}

// A start that aired under another rule is the same start, also when nothing but
// the plans before remembers it.
func TestAStartThatAiredIsNotNewUnderAnotherRule(t *testing.T) {
	z := `z: z1 | {cron: "* * * * *", duration: 30s}`
	p := play(planned(t, "main: a7", `x: x20 | {at: "2026-07-14 20:00:10", duration: 20s}`, z), at(t, "19:59:58")).until(seconds(80))
	require.Equal(t, 1, p.count("x20"))
	p.p = planned(t, "main: a7", `x: x20 | {at: "2026-07-14T20:00:10", duration: 5m}`, z)
	p.until(seconds(300))
	require.Equal(t, 1, p.count("x20"))
}
