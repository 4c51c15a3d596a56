package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// planned makes plans of lines such as "news.yml: b60 c60 | {at: …}"; the first
// line is the base.
func planned(t testing.TB, lines ...string) *Plans {
	t.Helper()
	return plans(t, files(t, lines...)...)
}

func TestTimedRuns(t *testing.T) {
	for _, c := range []struct {
		name  string
		from  string
		lines []string
		want  string // to begin with
	}{
		{
			"hard cuts, and the base goes on where it was cut", "19:58:30",
			[]string{"main: a60 b60 c60", `x: x30 | {cron: "0 20 * * *"}`},
			"19:58:30 a60, 19:59:30 b60!, 20:00 x30, 20:00:30 b60+30, 20:01 c60, 20:02 a60, 20:03 b60",
		}, {
			"return: restart", "19:58:30",
			[]string{"main: a60 b60 c60", `x: x30 | {cron: "0 20 * * *", return: restart}`},
			"19:58:30 a60, 19:59:30 b60!, 20:00 x30, 20:00:30 b60, 20:01:30 c60, 20:02:30 a60",
		}, {
			"nothing is cut that ends in time", "19:59",
			[]string{"main: a60 b60", `x: x30 | {cron: "0 20 * * *"}`},
			"19:59 a60, 20:00 x30, 20:00:30 b60, 20:01:30 a60, 20:02:30 b60, 20:03:30 a60",
		}, {
			"less than two seconds are not returned to", "19:59:01",
			[]string{"main: a60 b60", `x: x30 | {cron: "0 20 * * *"}`},
			"19:59:01 a60!, 20:00 x30, 20:00:30 b60, 20:01:30 a60, 20:02:30 b60, 20:03:30 a60",
		}, {
			"soft waits for the item on air", "19:58:30",
			[]string{"main: a60 b60 c60", `x: x30 | {cron: "0 20 * * *", start: soft}`},
			"19:58:30 a60, 19:59:30 b60, 20:00:30 x30, 20:01 c60, 20:02 a60, 20:03 b60",
		}, {
			"soft waits for a long item, however long it lasts", "19:50",
			[]string{"main: a1500 b600", `x: x30 | {cron: "0 20 * * *", start: soft}`},
			"19:50 a1500, 20:15 x30, 20:15:30 b600",
		}, {
			"but not longer than soft_max", "19:50",
			[]string{"main: a1500 b600", `x: x30 | {cron: "0 20 * * *", start: soft, soft_max: 2m}`},
			"19:50 a1500!, 20:02 x30, 20:02:30 a1500+720, 20:15:30 b600",
		}, {
			"until cuts, in the item it is in", "19:59",
			[]string{"main: a60 b60", `x: x60 y60 | {cron: "0 20 * * *", until: "20:01:30"}`},
			"19:59 a60, 20:00 x60, 20:01 y60!, 20:01:30 b60, 20:02:30 a60, 20:03:30 b60",
		}, {
			"duration cuts; looped it goes round until then", "19:59",
			[]string{"main: a60 b60", `x: x60 | {cron: "0 20 * * *", duration: 2m30s} | loop: true`},
			"19:59 a60, 20:00 x60, 20:01 x60, 20:02 x60!, 20:02:30 b60, 20:03:30 a60",
		}, {
			"a duration longer than its items gives the rest back", "19:59",
			[]string{"main: a60 b60", `x: x60 | {cron: "0 20 * * *", duration: 1h}`},
			"19:59 a60, 20:00 x60, 20:01 b60, 20:02 a60, 20:03 b60",
		}, {
			"looped without an end: since yesterday, until its next start, and that one at once", "19:59",
			[]string{"main: a60", `x: x45 y45 | {cron: "0,2 20 * * *"} | loop: true`},
			"19:59 x45, 19:59:45 y45!, 20:00 x45, 20:00:45 y45, 20:01:30 x45!, 20:02 x45, 20:02:45 y45, 20:03:30 x45",
		}, {
			"equal priority: the later start cuts", "19:59",
			[]string{"main: a60", `x: x180 | {cron: "0 20 * * *"}`, `y: y60 | {cron: "1 20 * * *"}`},
			"19:59 a60, 20:00 x180!, 20:01 y60, 20:02 x180+60",
		}, {
			"equal priority and start: by name, the other one after it", "19:59",
			[]string{"main: a60", `y: y30 | {cron: "0 20 * * *"}`, `x: x30 | {cron: "0 20 * * *"}`},
			"19:59 a60, 20:00 x30, 20:00:30 y30, 20:01 a60, 20:02 a60, 20:03 a60",
		}, {
			"a lower priority waits, and begins late", "19:59",
			[]string{"main: a60", `x: x90 | {cron: "0 20 * * *", priority: 5}`, `y: y60 | {cron: "1 20 * * *"}`},
			"19:59 a60, 20:00 x90, 20:01:30 y60, 20:02:30 a60, 20:03:30 a60",
		}, {
			"unless its time has passed by then", "19:59",
			[]string{"main: a60", `x: x180 | {cron: "0 20 * * *", priority: 5}`, `y: y60 | {cron: "1 20 * * *"}`},
			"19:59 a60, 20:00 x180, 20:03 a60",
		}, {
			"late: join begins where it would be", "19:59",
			[]string{"main: a60", `x: x90 | {cron: "0 20 * * *", priority: 5}`, `y: y20 z60 | {cron: "1 20 * * *", late: join}`},
			"19:59 a60, 20:00 x90, 20:01:30 z60+10, 20:02:20 a60, 20:03:20 a60",
		}, {
			"nested: each goes on after what cut it", "19:59",
			[]string{
				"main: a600", `x: x180 | {cron: "0 20 * * *", priority: 1}`,
				`y: y90 | {cron: "1 20 * * *", priority: 2, return: restart}`, `z: z30 | {at: "2026-07-14 20:01:30", priority: 3}`,
			},
			"19:59 a600!, 20:00 x180!, 20:01 y90!, 20:01:30 z30, 20:02 y90+30, 20:03 x180",
		}, {
			"a soft start of a higher priority waits during a hard one; a lower one until that is over", "19:59",
			[]string{
				"main: a600", `h: h60 i60 | {cron: "0 20 * * *", priority: 1}`,
				`s: s30 | {at: "2026-07-14 20:00:30", start: soft, priority: 2}`, `t: t90 | {at: "2026-07-14 20:00:40", start: soft}`,
			},
			"19:59 a600!, 20:00 h60, 20:01 s30, 20:01:30 i60, 20:02:30 a600+60",
		}, {
			"until passes while it is suspended", "19:59",
			[]string{
				"main: a600", `x: x180 | {cron: "0 20 * * *", until: "20:02"}`, `y: y90 | {cron: "1 20 * * *", priority: 2}`,
			},
			"19:59 a600!, 20:00 x180!, 20:01 y90, 20:02:30 a600+60",
		}, {
			"what a join left goes on with its next item", "19:59",
			[]string{"main: a30 b30 c30", `x: x30 | {cron: "0 20 * * *", return: restart}`},
			"19:59 a30, 19:59:30 b30, 20:00 x30, 20:00:30 c30, 20:01 a30, 20:01:30 b30, 20:02 c30, 20:02:30 a30, 20:03 b30, 20:03:30 c30",
		}, {
			"hard cuts a clip of unknown length", "19:59",
			[]string{"main: live", `x: x30 | {cron: "0 20 * * *"}`},
			"19:59 live!, 20:00 x30, 20:00:30 live+60!, 20:00 x30",
		}, {
			"what cannot play is passed over", "19:59",
			[]string{"main: a30 bad b30", `x: bad2 x30 bad3 | {cron: "0 20 * * *"}`},
			"19:59 a30, 19:59:30 b30, 20:00 x30, 20:00:30 a30, 20:01 b30, 20:01:30 a30, 20:02 b30, 20:02:30 a30, 20:03 b30, 20:03:30 a30",
		}, {
			"where nothing can play there is a gap until something begins", "19:59",
			[]string{"main: bad", `x: x30 | {cron: "0,2 20 * * *", start: soft}`},
			"19:59 gap!, 20:00 x30, 20:00:30 gap!, 20:02 x30, 20:02:30 gap!",
		}, {
			"an empty base likewise", "19:59",
			[]string{"main:", `x: x30 | {cron: "0,2 20 * * *"}`},
			"19:59 gap!, 20:00 x30, 20:00:30 gap!, 20:02 x30, 20:02:30 gap!",
		}, {
			"a list in which nothing can play gives way", "19:59",
			[]string{"main: a60", `x: bad bad2 | {cron: "0 20 * * *"}`},
			"19:59 a60, 20:00 a60, 20:01 a60, 20:02 a60, 20:03 a60",
		}, {
			"whose patience is longer than its time cuts nothing", "19:59",
			[]string{"main: a600 b60", `x: x60 | {cron: "0 20 * * *", start: soft, soft_max: 5m, duration: 2m}`},
			"19:59 a600, 20:09 b60",
		}, {
			"on the first start an open window begins", "20:00:30",
			[]string{"main: a60", `x: x60 y60 | {cron: "0 20 * * *"}`, `y: z60 | {cron: "0 20 * * *", until: "20:00:20"}`},
			"20:00:30 x60, 20:01:30 y60, 20:02:30 a60, 20:03:30 a60, 20:04:30 a60",
		}, {
			"a base that is scheduled too has a place of its own there", "19:59:30",
			[]string{`main: a60 b60 | {cron: "0 20 * * *"}`},
			"19:59:30 a60!, 20:00 a60, 20:01 b60, 20:02 a60+30, 20:02:30 b60, 20:03:30 a60",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := walked(t, planned(t, c.lines...), at(t, c.from), 25*time.Hour)
			require.Equal(t, c.want, firstOf(got, c.want))
		})
	}
}

// firstOf is as much of what was walked as is wanted.
func firstOf(got, want string) string {
	all := strings.Split(got, ", ")
	return strings.Join(all[:min(len(all), strings.Count(want, ", ")+1)], ", ")
}
