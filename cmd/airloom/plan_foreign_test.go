package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// dated is ffplayout's playlist, as its documentation writes it: "long1 2-8" is
// that clip from its second 2 to its second 8.
func dated(head string, spans ...string) string {
	var items []string
	for _, s := range spans {
		var clip string
		var in, out, whole int
		_, _ = fmt.Sscanf(s, "%s %d-%d/%d", &clip, &in, &out, &whole)
		items = append(items, fmt.Sprintf(`{"in": %d, "out": %d, "duration": %d.0, "source": "%s.mp4"}`, in, out, whole, clip))
	}
	return fmt.Sprintf(`{"channel": "Test", %s, "program": [%s]}`, head, strings.Join(items, ", "))
}

// A channel that is given another player's files: a day of ffplayout's in its
// tree, which is joined where ffplayout would be; VLC's list as base; and a single
// dated file above that.
func TestPlan09ForeignFiles(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	long1, long2, plain1, plain2, plain3 := clips[0], clips[1], clips[2], clips[3], clips[4]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	zero := time.Now().UTC().Truncate(time.Second)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	media := mediaOf(clips...)
	media["a film.mp4"] = long1
	ch := airtest.Airloom(t, airtest.Setup{
		Output: tap.URL("x"), Media: media,
		Sections: map[string]string{"playlists": fmt.Sprintf("{watch: ./playlists, base: tv.m3u, day_start: %q}", clock(at(-30)))},
		Lists: map[string]string{
			at(-30).Format("2006/01/2006-01-02.json"): dated(fmt.Sprintf(`"date": %q, "length": "00:00:43"`, at(-30).Format(time.DateOnly)),
				"long1 0-10/10", "long2 2-8/10", "plain1 0-3/3", "long1 1-9/10", "long2 0-10/10", "plain2 0-3/3", "plain3 0-3/3"),
			"tv.m3u": "#EXTM3U\n#PLAYLIST:Nights\n#EXTINF:10,Somebody - A Film\n#EXTVLCOPT:start-time=2\n#EXTVLCOPT:stop-time=6\na%20film.mp4\n" +
				"#EXTINF:3,The Second\nplain1.mp4\nlong2.mp4\n",
			"single.json": dated(fmt.Sprintf(`"date": %q, "begin": %q, "length": "00:00:05"`, at(22).Format(time.DateOnly), clock(at(22))),
				"plain2 0-3/3", "long1 4-8/10"),
		},
	})
	ch.Publishing(10 * time.Second)
	r, others := untilStop(t, ch, srv, at(31), clips, m)
	require.NotZero(t, len(r.Runs))

	pieces := []airtest.Piece{
		{Clip: long2, From: 80, Near: 25}, // second 30 of the day is its second 3
		{Clip: plain2},
		{Clip: plain3, Cut: true},                    // to the tick where the day is over
		{Clip: long1, From: 50, To: 149, At: at(13)}, // the day is over
		{Clip: plain1},
		{Clip: long2, Cut: true},
		{Clip: plain2, At: at(22)},
		{Clip: long1, From: 100, Cut: true},
		{Clip: long2, GoesOn: true, At: at(27)},
	}
	r.RequireAirs(t, pieces)
	r.RequireContiguous(t)
	r.RequireSound(t)
	r.RequireSync(t)
	if t.Failed() {
		return
	}
	// Where ffplayout would be: the picture that belongs to the time of day.
	first := r.Runs[0]
	now := r.Wall(tap, first.From).Sub(at(-30 + 27))
	t.Logf("joined at picture %d, where the time of day wants %.1f", first.First, now.Seconds()*25)
	airtest.Judge(t, "the day is joined where it should be", (now - time.Duration(first.First)*40*time.Millisecond).Abs(), 400*time.Millisecond, others)
	requireOnTime(t, r, tap, pieces, others)
	var titles []string
	for _, row := range ch.AsRun() {
		if row.Playlist == "tv.m3u" {
			titles = append(titles, row.Title)
		}
	}
	require.Subset(t, titles, []string{"Somebody - A Film", "The Second", "long2.mp4"})
}
