package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// published is a channel that publishes to Ant Media Server, and its viewer.
type published struct {
	*airtest.Channel
	t        *testing.T
	id       string
	clips    []airtest.Clip
	viewer   *airtest.Viewer
	sessions int64
	machine  airtest.Machine
}

// publish starts a channel; api is the server's REST API, "" for a channel that
// knows nothing but RTMP.
func publish(t *testing.T, ams *airtest.AntMedia, id, url, api string) *published {
	t.Helper()
	sections := map[string]string{}
	if api != "" {
		sections["antmedia"] = fmt.Sprintf("{api: %q}", api)
	}
	p := &published{t: t, id: id, clips: airtest.Clips(t, airtest.Long1, airtest.Long2), machine: airtest.Watch()}
	p.Channel = airtest.Airloom(t, airtest.Setup{Output: url, Items: airtest.Items(p.clips...), Sections: sections})
	p.Publishing(10 * time.Second)
	p.sessions = 1
	airtest.Eventually(t, 15*time.Second, "its HLS is there", func() bool { return ams.Playlist(id) != "" })
	p.viewer = airtest.View(t, ams.HLS(id))
	return p
}

// again waits for the next session, and returns how long after the given moment
// the server had accepted it.
func (p *published) again(since time.Time, within time.Duration) (took time.Duration) {
	p.t.Helper()
	p.Until(within, p.id+" publishes again", func(s control.Status) bool {
		took = s.Output.Since.Sub(since)
		return s.Output.State == control.Publishing && s.Output.Sessions > p.sessions && took > 0
	})
	s, _ := p.Status()
	p.sessions = s.Output.Sessions
	return took
}

// one fails if two sessions were ever there at once, for longer than the gate may
// take to see an end.
func one(t *testing.T, gate *airtest.Gate, name string) {
	t.Helper()
	list := gate.Sessions()
	for i := 1; i < len(list); i++ {
		require.False(t, list[i-1].To.IsZero() || list[i-1].To.Sub(list[i].From) > 100*time.Millisecond, "%s: two sessions at once: %+v", name, list)
	}
}

// wentOn judges the viewing of a stream that had so many sessions: a joint before
// each further one, the numbers in order, no end, every piece whole, and how much of
// the stream each joint may have cost.
func (p *published) wentOn(sessions int, lost ...time.Duration) {
	p.t.Helper()
	p.viewer.Stop()
	require.Empty(p.t, p.viewer.Faults(), "%s: what the viewer met", p.id)
	require.Zero(p.t, p.viewer.Ends(), "%s: the playlist never says that the stream has ended", p.id)
	segments, joints := p.viewer.Segments(), 0
	for i, s := range segments {
		require.Equal(p.t, segments[0].Number+i, s.Number, "%s: numbering", p.id)
		if s.Joint && i > 0 {
			joints++
		}
	}
	require.Equal(p.t, sessions-1, joints, "%s: a DISCONTINUITY for each further session", p.id)
	var before *airtest.Report
	for i, path := range p.viewer.Pieces() {
		r := airtest.AnalyseFile(p.t, path, p.clips, airtest.DefaultHouse)
		r.Excuse = airtest.ExcuseOf(lastStatus(p.t, p.Channel), p.machine.Others())
		// A server that gets no processor takes a session without its sound: it waits 3 s for it.
		airtest.Judged(p.t, p.machine.Others(), func(t testing.TB) {
			r.RequireWhole(t)
			r.RequireJoins(t)
			r.RequireTogether(t, hlsOff, 1)
		})
		p.t.Logf("%s: piece %d, %d pictures, sound from %v to %v", p.id, i+1, len(r.Pictures), r.Sums().FitMin, r.Sums().FitMax)
		if before != nil && i <= len(lost) {
			gone, ok := airtest.Lost(before, r, p.clips)
			require.True(p.t, ok, "%s: pictures on both sides of joint %d", p.id, i)
			airtest.Judge(p.t, fmt.Sprintf("%s: joint %d cost viewers", p.id, i), gone, lost[i-1], p.machine.Others())
		}
		before = r
	}
}

// The network between us and the server fails in part. One channel has the server's
// REST API, the other has not.
func TestAMSRow2Gates(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	rest := airtest.NewGate(t, ams.HTTPPort)
	gates := []*airtest.Gate{airtest.NewGate(t, ams.RTMPPort), airtest.NewGate(t, ams.RTMPPort)}
	url := func(i int, id string) string { return fmt.Sprintf("rtmp://127.0.0.1:%d/LiveApp/%s", gates[i].Port, id) }
	with := publish(t, ams, "withapi", url(0, "withapi"), fmt.Sprintf("http://127.0.0.1:%d/LiveApp", rest.Port))
	without := publish(t, ams, "without", url(1, "without"), "")
	both := []*published{with, without}
	judge := func(p *published, what string, took, limit time.Duration) {
		airtest.Judge(t, p.id+": publishing after "+what, took, limit, with.machine.Others())
	}

	rest.Shut()
	airtest.Stay(t, 6*time.Second, func() string { return ended(with.Channel) })
	s := lastStatus(t, with.Channel)
	require.Equal(t, int64(1), s.Output.Sessions, "without its API the stream goes on")
	require.Equal(t, control.Publishing, s.Output.State)
	t.Logf("REST down: arrival %+v, alerts %+v", s.Arrival, s.Alerts)
	cut := time.Now()
	gates[0].Reset()
	judge(with, "a reset, REST down", with.again(cut, 20*time.Second), 2*time.Second)
	rest.Open()
	airtest.Stay(t, 5*time.Second, nil)

	for i := range gates {
		gates[i].Shut()
	}
	airtest.Stay(t, 5*time.Second, nil)
	opened := time.Now()
	for i := range gates {
		gates[i].Open()
	}
	for _, p := range both {
		judge(p, "RTMP was down, REST up", p.again(opened, 20*time.Second), 2*time.Second)
	}
	airtest.Stay(t, 13*time.Second, nil) // it holds a session for 10 s and more only once it has judged it

	cut = time.Now()
	for i := range gates {
		gates[i].Ghost()
	}
	took := with.again(cut, 30*time.Second)
	if took > 2*time.Second {
		t.Log(with.Log())
	}
	judge(with, "a ghost, stopped by REST", took, 2*time.Second)
	took = without.again(cut, 40*time.Second)
	t.Logf("without REST, after a ghost: %v", took)
	require.Greater(t, took, 5*time.Second, "the ghost was there")
	judge(without, "a ghost, waited for", took, 23*time.Second)
	airtest.Stay(t, 7*time.Second, nil)
	for i, p := range both {
		one(t, gates[i], p.id)
	}
	with.wentOn(4, 2*time.Second, 7*time.Second, 2*time.Second)
	without.wentOn(3, 7*time.Second)
}

// The server itself is killed and comes back, and stands still for longer than it
// holds a session for.
func TestAMSRow2Death(t *testing.T) {
	ams := airtest.AMS(t, airtest.ViewersSettings())
	with := publish(t, ams, "withapi", ams.URL("withapi"), ams.API())
	without := publish(t, ams, "without", ams.URL("without"), "")
	both := []*published{with, without}
	airtest.Stay(t, 5*time.Second, nil)

	for _, p := range both {
		p.viewer.Away(true)
	}
	ams.Kill()
	airtest.Stay(t, 2*time.Second, nil)
	ams.Launch()
	accepts := ams.Accepts(2 * time.Minute)
	for _, p := range both {
		p.viewer.Away(false)
	}
	for _, p := range both {
		airtest.Judge(t, p.id+": publishing after the killed server accepts again", p.again(accepts.Add(-time.Minute), 20*time.Second)-time.Minute,
			2*time.Second, p.machine.Others())
	}
	airtest.Stay(t, 8*time.Second, nil)

	ams.Freeze()
	frozen := time.Now()
	airtest.Stay(t, 28*time.Second, func() string { return ended(with.Channel) })
	for _, p := range both {
		s := lastStatus(t, p.Channel)
		require.NotEqual(t, control.Publishing, s.Output.State, "%s: the frozen server is noticed", p.id)
		t.Logf("%s: while frozen: %s (%s)", p.id, s.Output.LastError, s.Output.Cause)
	}
	ams.Thaw()
	thawed := time.Now()
	accepts = ams.Accepts(30 * time.Second)
	t.Logf("frozen for %v; accepts another id %v after the thaw", thawed.Sub(frozen), accepts.Sub(thawed))
	airtest.Judge(t, "withapi: publishing after the thaw", with.again(thawed, 40*time.Second), 2*time.Second, with.machine.Others())
	t.Logf("without REST, after the thaw: %v", without.again(thawed, 40*time.Second))
	airtest.Stay(t, 8*time.Second, nil)
	for _, p := range both {
		p.wentOn(3)
	}
}
