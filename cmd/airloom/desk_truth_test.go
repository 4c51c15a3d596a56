package main_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/web"
)

// What the desk may be behind or ahead of the wire. The page shows the engine's now:
// a picture is coded and sent some ticks later, and a status comes once a second and
// at each change.
const (
	truthWithin = time.Second
	busyWithin  = 5 * time.Second // on a machine that gives a browser no time
)

// glance is what the page showed at a moment.
type glance struct {
	At                       int64 // ms, by the wall clock
	Title, Count, Problem    string
	Next, NextAt             string
	Plate, Head, Line, Label string
	Marker                   *struct{ ID, Picture int } // of the moving picture
}

// change is what somebody else did meanwhile.
type change struct {
	Asked, Answered int64 // ms, by the wall clock
	What            string
}

// shot is a picture as it passed on the wire.
type shot struct {
	at    time.Time
	clip  int // 0: no clip's, the slate
	n     int
	again bool // the picture before it once more
	waits bool // it stands for longer than a viewer overlooks
}

// truth is what was sent.
type truth struct {
	shots []shot
	ids   map[string]int // by the clips' kinds
}

// The page shows what is sent, while somebody else takes, skips, holds and edits.
// It is held against the server's recording, never against the engine's own word.
func TestDesk02Truth(t *testing.T) {
	changes := 30
	if airtest.Soak() {
		changes = 300
	}
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	users, told := people(t, map[string]string{"mira": "operator"})
	token, hash := web.NewToken()
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Media: mediaOf(clips...), Token: token, Lists: map[string]string{
		"main.yml":  listOf("long1 0-70", "plain1 0-75", "long2 50-110", "plain2 0-60", "plain3 10-70", "long1 150-225"),
		"other.yml": listOf("long2 150-220", "plain3 0-75"),
	}, Web: fmt.Sprintf(`users: %s, tokens: [{name: jonas, hash: %q, role: operator}]`, users, hash)})
	ch.Publishing(20 * time.Second)
	s := onStage(t, ch, srv)
	pictures := map[string]int{}
	is := truth{ids: map[string]int{}}
	for _, c := range clips {
		pictures[string(c.Kind)], is.ids[string(c.Kind)] = len(c.Pictures), c.ID
	}
	seed := rand.Uint32() //nolint:gosec // it is told
	s.told["user"], s.told["token"], s.told["pictures"], s.told["changes"], s.told["seed"] = told["mira"], token, pictures, changes, seed
	var page struct {
		Seen    []glance
		Changes []change
	}
	s.order("seen", func(body string) { require.NoError(t, json.Unmarshal([]byte(body), &page)) })
	m := airtest.Watch()
	s.play("truth.spec.ts")
	t.Logf("seed %d", seed)
	r, others := untilStop(t, ch, srv, time.Now(), clips, m)
	is.take(r, tap)

	require.GreaterOrEqual(t, len(page.Changes), changes)
	is.requireTitles(t, page.Seen)
	airtest.Judged(t, others, func(t testing.TB) {
		is.requireSeen(t, page.Seen)
		is.requireNext(t, page.Seen, page.Changes)
		is.requirePreview(t, page.Seen)
	})
}

// listOf is a playlist of items whose titles say which pictures of which clip they air.
func listOf(titles ...string) string {
	var b strings.Builder
	b.WriteString("loop: true\nitems:\n")
	for _, title := range titles {
		clip, in, out := pictured(title)
		fmt.Fprintf(&b, "  - {source: %s.mp4, title: %q, in: %.2f, out: %.2f}\n", clip, title, float64(in)/25, float64(out)/25)
	}
	return b.String()
}

var picturedOf = regexp.MustCompile(`^(\w+) (\d+)-(\d+)$`)

// pictured reads a title; clip is "" where it is none of ours.
func pictured(title string) (clip string, in, out int) {
	m := picturedOf.FindStringSubmatch(title)
	if m == nil {
		return "", 0, 0
	}
	in, _ = strconv.Atoi(m[2])
	out, _ = strconv.Atoi(m[3])
	return m[1], in, out
}

// take reads what was sent from the recording, and when from the wire.
func (is *truth) take(r *airtest.Report, tap *airtest.Tap) {
	holds := r.Holds()
	for i, p := range r.Pictures {
		again := p.Clip == 0 || i > 0 && r.Pictures[i-1].Clip == p.Clip && r.Pictures[i-1].N == p.N
		waits := p.Clip == 0 || slices.ContainsFunc(holds, func(h airtest.Span) bool { return h.From <= p.At && p.At < h.To })
		is.shots = append(is.shots, shot{r.Wall(tap, p.At), p.Clip, p.N, again, waits})
	}
}

// airs reports whether the picture is one of the item's.
func (is *truth) airs(title string, s shot) bool {
	clip, in, out := pictured(title)
	return clip != "" && is.ids[clip] == s.clip && in <= s.n && s.n < out
}

// left reports whether so much is left of the item, as the page writes it: from the
// picture's first moment on air to its last.
func left(title, count string, s shot) bool {
	_, _, out := pictured(title)
	ticks := out - s.n
	most := int(math.Ceil(float64(ticks) / 25))
	least := int(math.Ceil(float64(ticks-1) / 25))
	return count == clockLength(most) || count == clockLength(least)
}

func clockLength(s int) string { return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60) }

// says reports whether the statement was true when the picture at that place was sent. While
// the slate is shown, what is left is as it was when it came. Where the next item is not
// there in time, nothing is on air, and the last picture stands.
func (is *truth) says(title, count string, waits bool, i int) bool {
	s := is.shots[i]
	if waits && !s.again {
		return false
	}
	if !waits && s.waits {
		return is.runsOn(title, count, i)
	}
	if clip, _, _ := pictured(title); waits && clip == "" {
		return count == "–"
	}
	for ; s.clip == 0 && i >= 0; i-- {
		s = is.shots[i]
	}
	return is.airs(title, s) && left(title, count, s)
}

// runsOn reports whether the statement is that of a clock which has not been told yet
// that the programme waits: it may run on for as long as a statement may be off.
func (is *truth) runsOn(title, count string, i int) bool {
	began := i
	for began > 0 && is.shots[began-1].waits {
		began--
	}
	late, last := is.shots[i].at.Sub(is.shots[began].at), is.shots[max(0, began-1)]
	if late > truthWithin || !is.airs(title, last) {
		return false
	}
	last.n += int(late * 25 / time.Second)
	return left(title, count, last)
}

// off is how far from the glance the moment lies at which the statement was true;
// known is false where the recording does not reach that far.
func (is *truth) off(at time.Time, title, count string, waits bool) (off time.Duration, known bool) {
	if len(is.shots) == 0 || at.Add(-truthWithin).Before(is.shots[0].at) || at.Add(truthWithin).After(is.shots[len(is.shots)-1].at) {
		return 0, false
	}
	off = math.MaxInt64
	for i, s := range is.shots {
		if d := at.Sub(s.at); d.Abs() < off.Abs() && d.Abs() <= 2*busyWithin && is.says(title, count, waits, i) {
			off = d
		}
	}
	return off, true
}

// requireTitles fails, whatever the machine, unless each title shown was on air about
// then, wherever the recording has the pictures of that time.
func (is *truth) requireTitles(t testing.TB, seen []glance) {
	t.Helper()
	judged := 0
	for _, g := range seen {
		at := time.UnixMilli(g.At)
		from, _ := slices.BinarySearchFunc(is.shots, at.Add(-busyWithin), func(s shot, t time.Time) int { return s.at.Compare(t) })
		to, _ := slices.BinarySearchFunc(is.shots, at.Add(busyWithin), func(s shot, t time.Time) int { return s.at.Compare(t) })
		clip, _, _ := pictured(g.Title)
		if near := is.shots[from:to]; clip != "" && len(near) > 240 { // of 250
			judged++
			if !slices.ContainsFunc(near, func(s shot) bool { return is.airs(g.Title, s) }) {
				t.Errorf("%s: the page shows %q; sent was %s", at.Format("15:04:05.000"), g.Title, is.around(at))
			}
		}
	}
	t.Logf("titles: %d of %d glances judged in any case", judged, len(seen))
}

var lineOf = regexp.MustCompile(`^(\d+:\d\d:\d\d) left`)

// requireSeen fails unless each glance at the item on air and its countdown, on the
// page and in the bar, was true at a moment that near.
func (is *truth) requireSeen(t testing.TB, seen []glance) {
	t.Helper()
	var offs []time.Duration
	wrong, judged, bar := 0, 0, 0
	for _, g := range seen {
		at := time.UnixMilli(g.At)
		off, known := is.off(at, g.Title, g.Count, g.Problem != "")
		if !known {
			continue
		}
		judged++
		offs = append(offs, off)
		if off.Abs() > truthWithin {
			wrong++
			t.Errorf("%s: the page shows %q, %s left, %q; sent was %s", at.Format("15:04:05.000"), g.Title, g.Count, g.Problem, is.around(at))
		}
		m := lineOf.FindStringSubmatch(g.Line)
		if g.Plate != "unchecked" || m == nil {
			continue
		}
		bar++
		if off, _ := is.off(at, g.Head, m[1], false); off.Abs() > truthWithin {
			t.Errorf("%s: the bar shows %q, %q; sent was %s", at.Format("15:04:05.000"), g.Head, g.Line, is.around(at))
		}
		if wrong > 20 {
			t.Fatalf("and so on")
		}
	}
	require.Greater(t, judged, 60, "glances at the page")
	require.Greater(t, bar, judged/3, "glances at the bar")
	slices.SortFunc(offs, func(a, b time.Duration) int { return int(a.Abs() - b.Abs()) })
	t.Logf("%d glances, %d at the bar: off by %v at the median, %v at the 99th, %v at most (+: behind the wire)", judged, bar,
		offs[len(offs)/2].Round(time.Millisecond), offs[len(offs)*99/100].Round(time.Millisecond), offs[len(offs)-1].Round(time.Millisecond))
}

// around is what was sent at that time, in words.
func (is *truth) around(at time.Time) string {
	var out []string
	for _, d := range []time.Duration{-truthWithin, 0, truthWithin} {
		i, _ := slices.BinarySearchFunc(is.shots, at.Add(d), func(s shot, t time.Time) int { return s.at.Compare(t) })
		if i >= len(is.shots) {
			continue
		}
		what := "slate"
		for kind, id := range is.ids {
			if s := is.shots[i]; s.clip == id {
				what = fmt.Sprintf("%s %d", kind, s.n)
			}
		}
		if is.shots[i].waits {
			what += " (waits)"
		}
		out = append(out, fmt.Sprintf("%+v: %s", d, what))
	}
	return strings.Join(out, ", ")
}

// requireNext fails unless what was shown as next came next, and when it was said to,
// wherever nobody changed anything between the glance and then.
func (is *truth) requireNext(t testing.TB, seen []glance, changes []change) {
	t.Helper()
	judged, joins := 0, map[int]bool{}
	for _, g := range seen {
		at := time.UnixMilli(g.At)
		i := is.end(at, g.Title)
		if i < 0 || g.Problem != "" || at.Sub(is.shots[i].at).Abs() < truthWithin || at.Sub(is.began(at)) < truthWithin {
			continue // a join is too near to have been told, the last one or the next
		}
		join := is.shots[i].at
		if slices.ContainsFunc(changes, func(c change) bool {
			return time.UnixMilli(c.Asked).Before(join) && time.UnixMilli(c.Answered).Add(truthWithin).After(at)
		}) {
			continue
		}
		judged++
		joins[i] = true
		if !is.airs(g.Next, is.shots[i]) {
			t.Errorf("%s: next is said to be %q; %s came: %s", at.Format("15:04:05.000"), g.Next, join.Format("15:04:05.000"), is.around(join))
		}
		said, err := time.Parse("15:04:05", g.NextAt)
		if err != nil {
			t.Errorf("%s: next is said to come at %q", at.Format("15:04:05.000"), g.NextAt)
			continue
		}
		utc := join.UTC()
		came := time.Date(0, 1, 1, utc.Hour(), utc.Minute(), utc.Second(), utc.Nanosecond(), time.UTC)
		if d := came.Sub(said); d < -truthWithin || d > 2*truthWithin { // a clock shows whole seconds
			t.Errorf("%s: %q is said to come at %s; it came at %s", at.Format("15:04:05.000"), g.Next, g.NextAt, utc.Format("15:04:05.000"))
		}
	}
	t.Logf("next: %d glances before %d joins", judged, len(joins))
	require.Greater(t, judged, 10, "glances at what is next")
	require.Greater(t, len(joins), 2, "joins that nobody interfered with")
}

// began is when what is sent at that time began, or was begun again.
func (is *truth) began(at time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(is.shots, at, func(s shot, t time.Time) int { return s.at.Compare(t) })
	for i = min(i, len(is.shots)-1); i > 0; i-- {
		if b, a := is.shots[i-1], is.shots[i]; a.at.After(at) || b.clip == a.clip && b.n <= a.n {
			continue
		}
		return is.shots[i].at
	}
	return time.Time{}
}

// end is where the item that airs at that time has come to its end and the next one
// begins: the place of that one's first picture. -1: something came between.
func (is *truth) end(at time.Time, title string) int {
	i, _ := slices.BinarySearchFunc(is.shots, at, func(s shot, t time.Time) int { return s.at.Compare(t) })
	_, _, out := pictured(title)
	for ; i < len(is.shots) && is.airs(title, is.shots[i]); i++ {
		if is.shots[i].n == out-1 && i+1 < len(is.shots) {
			return i + 1
		}
	}
	return -1
}

var behindOf = regexp.MustCompile(`([\d.]+) s behind`)

// requirePreview fails unless the moving picture is the one that was sent as long ago
// as it says of itself.
func (is *truth) requirePreview(t testing.TB, seen []glance) {
	t.Helper()
	var offs, behind []time.Duration
	for _, g := range seen {
		m := behindOf.FindStringSubmatch(g.Label)
		if m == nil || g.Marker == nil {
			continue
		}
		s, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		lag := time.Duration(s * float64(time.Second))
		at := time.UnixMilli(g.At).Add(-lag)
		off := time.Duration(math.MaxInt64)
		for _, s := range is.shots {
			if d := at.Sub(s.at); d.Abs() < off.Abs() && s.clip == g.Marker.ID && s.n == g.Marker.Picture {
				off = d
			}
		}
		offs, behind = append(offs, off), append(behind, lag)
		if off.Abs() > truthWithin {
			t.Errorf("%s: the preview shows picture %d of clip %d and says it is %v behind; sent then was %s", time.UnixMilli(g.At).Format("15:04:05.000"), g.Marker.Picture, g.Marker.ID, lag, is.around(at))
		}
	}
	require.Greater(t, len(offs), len(seen)/3, "glances at the preview")
	slices.SortFunc(offs, func(a, b time.Duration) int { return int(a.Abs() - b.Abs()) })
	slices.Sort(behind)
	t.Logf("preview: %d glances: %v behind at the median, %v at most; what it says of itself is off by %v at the median, %v at most", len(offs), behind[len(behind)/2], behind[len(behind)-1],
		offs[len(offs)/2].Round(time.Millisecond), offs[len(offs)-1].Round(time.Millisecond))
}
