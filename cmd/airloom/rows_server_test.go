package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
	"airloom/playout/media"
)

// onAir is a small channel on air, and what its playout did while a server was
// away: nothing may show.
type onAir struct {
	*airtest.Channel
	t     *testing.T
	clips []airtest.Clip
	tick  int64
	at    time.Time
	rss   int64
}

func start(t *testing.T, url string) *onAir {
	return startIn(t, airtest.DefaultHouse, url, airtest.Plain1, airtest.Plain2, airtest.Plain3)
}

func startIn(t *testing.T, house media.House, url string, kinds ...airtest.Kind) *onAir {
	clips := airtest.Clips(t, kinds...)
	o := &onAir{t: t, clips: clips, Channel: airtest.Airloom(t, airtest.Setup{House: house, Output: url, Items: airtest.Items(clips...)})}
	o.Publishing(10 * time.Second)
	s, ok := o.Status()
	require.True(t, ok)
	o.tick, o.at, o.rss = s.Tick, time.Now(), o.Usage().RootRSS
	return o
}

// neverPaused compares ticks with the clock since the start. However busy the
// machine, they keep real time within a second.
func (o *onAir) neverPaused(others float64) {
	o.t.Helper()
	s := lastStatus(o.t, o.Channel)
	took := time.Since(o.at)
	off := (took - time.Duration(s.Tick-o.tick)*time.Second/25).Abs()
	require.Less(o.t, off, time.Second, "playout kept its time")
	airtest.Judge(o.t, "ticks against the clock", off, 300*time.Millisecond, others)
	airtest.Judged(o.t, others, func(t testing.TB) {
		require.Zero(t, s.Encoder.HeldTicks, "it aired its clips")
	})
}

// back waits until the server has one more publish, and returns how long after
// the given moment that was.
func (o *onAir) back(srv *airtest.Server, publishes int, since time.Time) time.Duration {
	o.t.Helper()
	airtest.Eventually(o.t, 20*time.Second, "it publishes again", func() bool { return srv.Published("x") >= publishes })
	return time.Since(since)
}

// flat fails if the keeper has grown by more than 20 MB since its start.
func (o *onAir) flat() {
	o.t.Helper()
	grown := o.Usage().RootRSS - o.rss
	o.t.Logf("the keeper has grown by %.1f MB", float64(grown)/(1<<20))
	require.Less(o.t, grown, int64(20<<20), "memory stays flat")
}

// sound checks every recording: headers, a keyframe first, in one piece.
func (o *onAir) sound(srv *airtest.Server, excuse airtest.Excuse) {
	o.t.Helper()
	judged := 0
	for _, path := range srv.Recordings() {
		r, err := airtest.ReadFLV(path)
		if err != nil || len(r.Video.Samples) < 50 {
			continue // a session that was broken at once
		}
		judged++
		rep := airtest.Analyse(o.t, path, o.clips, airtest.DefaultHouse)
		rep.Excuse = excuse
		rep.RequireContiguous(o.t)
		rep.RequireDeclared(o.t, 77, 31, 50)
		rep.RequireJoins(o.t)
		rep.RequireSync(o.t)
	}
	require.GreaterOrEqual(o.t, judged, 2, "recordings that can be judged")
}

func TestRow05KilledServer(t *testing.T) {
	t.Parallel()
	away := []time.Duration{time.Second, 5 * time.Second}
	if airtest.Soak() {
		away = append(away, 10*time.Second, 60*time.Second)
	}
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	o := start(t, srv.URL("x"))
	airtest.Stay(t, 3*time.Second, nil)
	for i, d := range away {
		srv.Kill()
		o.Until(3*time.Second, "the loss is seen", func(s control.Status) bool { return s.Output.State != control.Publishing })
		airtest.Stay(t, d, func() string { return ended(o.Channel) })
		opened := srv.Start()
		took := o.back(srv, i+2, opened)
		airtest.Judge(t, fmt.Sprintf("server away %v: publishing after its port opened", d), took, time.Second, m.Others())
		airtest.Stay(t, 3*time.Second, nil)
	}
	o.neverPaused(m.Others())
	o.flat()
	excuse := airtest.ExcuseOf(lastStatus(t, o.Channel), m.Others())
	_, code := o.Stop()
	require.Zero(t, code)
	o.sound(srv, excuse)
}

func TestRow05FrozenServer(t *testing.T) {
	t.Parallel()
	frozen := 12 * time.Second
	if airtest.Soak() {
		frozen = 30 * time.Second
	}
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	o := start(t, srv.URL("x"))
	airtest.Stay(t, 2*time.Second, nil)
	srv.Freeze()
	since := time.Now()
	o.Until(15*time.Second, "the frozen server is noticed", func(s control.Status) bool { return s.Output.State != control.Publishing })
	airtest.Judge(t, "a frozen server is noticed", time.Since(since), 10*time.Second, m.Others())
	airtest.Stay(t, frozen-time.Since(since), func() string { return ended(o.Channel) })
	srv.Thaw()
	thawed := time.Now()
	took := o.back(srv, 2, thawed)
	airtest.Judge(t, "publishing after the thaw", took, 2*time.Second, m.Others())
	o.Publishing(5 * time.Second)
	o.neverPaused(m.Others())
	o.flat()
	_, code := o.Stop()
	require.Zero(t, code)
}

func TestRow05RefusedResetSwallowed(t *testing.T) {
	t.Parallel()
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	o := start(t, tap.URL("x"))

	tap.Refuse(true) // accepts and closes, as a server that is still starting
	tap.Reset()
	o.Until(5*time.Second, "a refusal is told", func(s control.Status) bool {
		return s.Output.State != control.Publishing && s.Output.Attempt > 1 && s.Output.LastError != ""
	})
	o.Until(10*time.Second, "an output that is refused again and again is an alert", func(s control.Status) bool {
		return alertOf(s, "output-down") != ""
	})
	tap.Refuse(false)
	n := srv.Published("x")
	airtest.Judge(t, "publishing after the refusals ended", o.back(srv, n+1, time.Now()), 2*time.Second, m.Others())
	o.Until(10*time.Second, "the alert goes away by itself", func(s control.Status) bool { return alertOf(s, "output-down") == "" })

	for range 2 { // a reset every three seconds
		o.Publishing(5 * time.Second)
		airtest.Stay(t, 3*time.Second, nil)
		n := srv.Published("x")
		tap.Reset()
		airtest.Judge(t, "publishing after a reset", o.back(srv, n+1, time.Now()), 2*time.Second, m.Others())
	}

	o.Publishing(5 * time.Second)
	tap.Hole(true)
	since := time.Now()
	o.Until(15*time.Second, "the black hole is noticed", func(s control.Status) bool { return s.Output.State != control.Publishing })
	airtest.Judge(t, "a black hole is noticed", time.Since(since), 10*time.Second, m.Others())
	tap.Hole(false)
	o.Publishing(10 * time.Second)
	airtest.Stay(t, 2*time.Second, nil)

	o.neverPaused(m.Others())
	o.flat()
	_, code := o.Stop()
	require.Zero(t, code)
	sessionsBeginWell(t, tap.Media())
}

// sessionsBeginWell looks at how each session begins: headers, a keyframe, near 0.
func sessionsBeginWell(t *testing.T, media []airtest.Message) {
	t.Helper()
	per := map[int][]airtest.Message{}
	for _, g := range media {
		per[g.Session] = append(per[g.Session], g)
	}
	for n, list := range per {
		if len(list) < 3 {
			continue
		}
		require.True(t, list[0].Header && list[1].Header && list[0].Video != list[1].Video, "session %d begins with both headers", n)
		require.True(t, list[2].Key, "session %d: then a keyframe", n)
		require.Less(t, list[2].Stamp, 100*time.Millisecond, "session %d begins near 0", n)
	}
	require.Greater(t, len(per), 2)
}

func TestRow05SlowLink(t *testing.T) { // alone: it is in HD, and may hold no tick
	srv := airtest.NGINX(t)
	zerolog.SetGlobalLevel(zerolog.Disabled)
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "slow",
		"127.0.0.1:0", fmt.Sprintf("127.0.0.1:%d", srv.Port))
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	m := airtest.Watch()
	o := startIn(t, airtest.HDHouse, "rtmp://"+proxy.Listen+"/LiveApp/x", airtest.HD1, airtest.HD2)
	slow := 12 * time.Second
	if airtest.Soak() {
		slow = 2 * time.Minute
	}
	crawl := func() { // 25 KB/s, a sixth of what the stream needs
		_, err := proxy.Toxics.AddToxicJson(strings.NewReader(`{"name":"slow","type":"bandwidth","stream":"upstream","attributes":{"rate":25}}`))
		require.NoError(t, err)
	}
	airtest.Stay(t, 5*time.Second, nil) // the encoder and the preview fill their queues
	o.rss = o.Usage().RootRSS
	crawl()
	airtest.Stay(t, slow, func() string { return ended(o.Channel) })
	o.neverPaused(m.Others())
	o.flat()
	s, _ := o.Status()
	t.Logf("on the slow link: %+v", s.Output)
	require.NoError(t, proxy.Toxics.RemoveToxic(t.Context(), "slow"))
	o.Publishing(12 * time.Second)
	n := srv.Recorded()
	airtest.Eventually(t, 20*time.Second, "media flows again", func() bool { return srv.Recorded() > n+500_000 })
	crawl()
	airtest.Stay(t, 4*time.Second, nil)
	took, code := o.Stop()
	require.Zero(t, code, "a slow server does not keep it from ending")
	require.Less(t, took, 5*time.Second)
}

func TestRow05NoSuchHost(t *testing.T) {
	clips := airtest.Clips(t, airtest.Plain1)
	ch := airtest.Airloom(t, airtest.Setup{Output: "rtmp://no-such-host.invalid/LiveApp/x", Items: airtest.Items(clips...)})
	ch.Until(15*time.Second, "the cause is told in words", func(s control.Status) bool {
		return s.State == control.OnAir && s.Output.State != control.Publishing && s.Output.LastError != ""
	})
	s, _ := ch.Status()
	t.Log(s.Output.LastError)
	require.Contains(t, s.Output.LastError, "no-such-host.invalid")
	_, code := ch.Stop()
	require.Zero(t, code)
}
