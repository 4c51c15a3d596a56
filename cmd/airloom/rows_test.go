// The demands on the air, row by row, measured on what a real server recorded.
// Rows 1, 2, 2b, 3, 7 and 12 look at one and the same minute.
package main_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// minute is what one channel showed with every kind of clip in its playlist.
type minute struct {
	clips    []airtest.Clip
	report   *airtest.Report
	late     airtest.Late
	gap      time.Duration
	gaps     []string
	first    time.Duration // exec to the first message of media at the server
	media    []airtest.Message
	metadata []string
	machine  airtest.Machine
	others   float64
	status   control.Status // the last one
	stopped  time.Duration
	code     int
	children []int
	ended    int // unpublishes that the server logged
}

var theMinute = sync.OnceValue(func() *minute { return &minute{} })

// everyKind airs all kinds of clips for a loop and a bit, once for all rows.
func everyKind(t *testing.T) *minute {
	m := theMinute()
	if m.report != nil {
		return m
	}
	m.clips = airtest.Clips(t, airtest.All...)
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m.machine = airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Items: airtest.Items(m.clips...)})
	ch.Publishing(10 * time.Second)
	length := 51 * time.Second
	if airtest.Soak() {
		length = time.Hour
	}
	airtest.Stay(t, length, func() string {
		if !ch.Running() {
			return "airloom has ended"
		}
		return ""
	})
	m.others = m.machine.Others()
	tree := airtest.Tree(ch.PID())
	m.status = lastStatus(t, ch)
	m.stopped, m.code = ch.Stop()
	for _, pid := range tree {
		if airtest.Alive(pid) {
			m.children = append(m.children, pid)
		}
	}
	airtest.Eventually(t, 5*time.Second, "the server has let go of the stream", func() bool { return srv.Access() != "" })
	m.ended = srv.Unpublished("x")
	require.Len(t, srv.Recordings(), 1, "one session from the first picture to the last")
	m.media, m.late, m.gap, m.gaps = tap.Media(), tap.Lateness(), tap.MaxGap(), tap.Gaps(300*time.Millisecond)
	m.metadata = tap.Metadata()
	m.first = m.media[0].At.Sub(ch.Started)
	report := airtest.Analyse(t, srv.Recordings()[0], m.clips, airtest.DefaultHouse)
	report.Excuse = airtest.ExcuseOf(m.status, m.others)
	m.report = report
	return m
}

// lastStatus is what the channel says of itself just before it is stopped.
func lastStatus(t *testing.T, ch *airtest.Channel) (s control.Status) {
	t.Helper()
	airtest.Eventually(t, 5*time.Second, "the channel says how it is", func() (ok bool) {
		s, ok = ch.Status()
		return ok
	})
	return s
}

func TestRow01EveryKind(t *testing.T) {
	m := everyKind(t)
	t.Logf("others took %.0f %% of the machine; %d ticks held, %d pictures skipped", 100*m.others,
		m.status.Encoder.HeldTicks, m.status.Encoder.SkippedTicks)
	m.report.RequireContiguous(t)
	m.report.RequireDeclared(t, 77, 31, 50)
	m.report.RequireOrder(t, m.clips)
	m.report.RequireSound(t)
}

func TestRow02Sync(t *testing.T) {
	m := everyKind(t)
	m.report.RequireSync(t)
	t.Logf("trend: %v over the recording", m.report.Trend())
	require.Less(t, m.report.Trend().Abs(), time.Millisecond)
}

func TestRow02bArrival(t *testing.T) {
	m := everyKind(t)
	t.Logf("lateness %+v, silences of the wire %v", m.late, m.gaps)
	judged := 0
	for _, j := range []struct {
		what       string
		got, limit time.Duration
	}{
		{"longest time without a byte", m.gap, 300 * time.Millisecond},
		{"lateness at p99", m.late.P99, 100 * time.Millisecond},
		{"growth of lateness", m.late.Growth.Abs(), 50 * time.Millisecond},
	} {
		if airtest.Judge(t, j.what, j.got, j.limit, m.others) {
			judged++
		}
	}
	if judged == 0 {
		t.Skip("nothing of this row could be judged: the machine was not ours")
	}
}

func TestRow03Joins(t *testing.T) {
	m := everyKind(t)
	m.report.RequireJoins(t)
}

func TestRow07Start(t *testing.T) {
	m := everyKind(t)
	airtest.Judge(t, "exec to the first media at the server", m.first, time.Second, m.others)
	var order []string
	for _, g := range m.media[:min(3, len(m.media))] {
		switch {
		case g.Header && g.Video:
			order = append(order, "video header")
		case g.Header:
			order = append(order, "audio header")
		case g.Key:
			order = append(order, "keyframe")
		default:
			order = append(order, "other")
		}
		require.Less(t, g.Stamp, 100*time.Millisecond)
	}
	require.Equal(t, []string{"video header", "audio header", "keyframe"}, order)
	require.Len(t, m.metadata, 1)
	require.Contains(t, m.metadata[0], "onMetaData")
	require.NotContains(t, m.metadata[0], "duration", "an endless stream claims no end")
	require.NotContains(t, m.metadata[0], "filesize")
}

func TestRow12Stop(t *testing.T) {
	m := everyKind(t)
	require.Zero(t, m.code, "exit code")
	require.Less(t, m.stopped, 5*time.Second)
	require.Empty(t, m.children, "processes left behind")
	require.Equal(t, 1, m.ended, "deleteStream before the connection closed")
}
