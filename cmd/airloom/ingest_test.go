package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
	"airloom/web"
)

const plantedKey = "planted-studio-0815"

// live is an ffmpeg program that sends a clip to the ingest, as a producer's would.
type live struct {
	t     *testing.T
	cmd   *exec.Cmd
	words bytes.Buffer
	ended chan struct{}
}

func goLive(t *testing.T, port int, clip airtest.Clip, key string) *live {
	t.Helper()
	l := &live{t: t, ended: make(chan struct{})}
	l.cmd = exec.Command("ffmpeg", "-v", "error", "-nostdin", "-re", "-i", clip.Path, "-c", "copy", "-f", "flv", fmt.Sprintf("rtmp://127.0.0.1:%d/live/%s", port, key))
	l.cmd.Stderr = &l.words
	require.NoError(t, l.cmd.Start())
	go func() { _ = l.cmd.Wait(); close(l.ended) }()
	t.Cleanup(func() { l.ends(syscall.SIGKILL) })
	return l
}

// ends has the program end: SIGTERM in order, SIGKILL not.
func (l *live) ends(by syscall.Signal) {
	_ = l.cmd.Process.Signal(by)
	<-l.ended
}

// refused waits until the program has ended by itself, and returns its words.
func (l *live) refused() string {
	l.t.Helper()
	select {
	case <-l.ended:
	case <-time.After(20 * time.Second):
		l.t.Fatal("it is let in")
	}
	return l.words.String()
}

// studio is a channel with a plan of two long clips, and who may go live on it.
type studio struct {
	*airtest.Channel
	t       *testing.T
	srv     *airtest.Server
	port    int
	clips   []airtest.Clip // two of the plan's, two of the producers'
	machine airtest.Machine
}

func openStudio(t *testing.T) *studio {
	s := &studio{t: t, srv: airtest.NGINX(t), port: airtest.FreePort(t), machine: airtest.Watch(),
		clips: airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Camera1, airtest.Camera2)}
	s.Channel = airtest.Airloom(t, airtest.Setup{
		Output: s.srv.URL("x"),
		Media:  map[string]airtest.Clip{"long1.mp4": s.clips[0], "long2.mp4": s.clips[1]},
		Lists:  map[string]string{"main.yml": "items:\n  - {source: long1.mp4}\n  - {source: long2.mp4}\n"},
		Sections: map[string]string{
			"ingest": fmt.Sprintf("{listen: \"127.0.0.1:%d\", producers: [{name: studio, key: %s}, "+
				"{name: van, key: planted-van-0815, on_live: next, plan: runs}, {name: arena, key: planted-arena-0815, plan: runs}]}", s.port, plantedKey),
			"fallback": "{hold_max: 2s, stall_max: 5s}",
		},
	})
	s.Publishing(15 * time.Second)
	return s
}

// producer waits until the status has the producer in this state.
func (s *studio) producer(name, state string) {
	s.t.Helper()
	s.Until(20*time.Second, name+" is "+state, func(st control.Status) bool { return stateOf(st, name) == state })
}

func stateOf(st control.Status, name string) string {
	for _, p := range st.Producers {
		if p.Name == name {
			return p.State
		}
	}
	return ""
}

// airs waits until something has been on air for so many seconds.
func (s *studio) airs(title string, seconds float64) {
	s.t.Helper()
	s.Until(30*time.Second, fmt.Sprintf("%s airs, at %v s", title, seconds), func(st control.Status) bool {
		return st.Now != nil && st.Now.Title == title && st.Now.PositionS >= seconds && st.State == control.OnAir
	})
}

// ctl gives a command.
func (s *studio) ctl(args ...string) string {
	s.t.Helper()
	out, err := exec.Command(airtest.Binary(s.t), append([]string{"ctl", "--config", s.Dir + "/airloom.yml"}, args...)...).CombinedOutput()
	require.NoError(s.t, err, string(out))
	return string(out)
}

// stops the channel, and returns what it sent and its as-run rows, which abut.
func (s *studio) stops() (*airtest.Report, []airedPiece) {
	s.t.Helper()
	excuse := airtest.ExcuseOf(lastStatus(s.t, s.Channel), s.machine.Others())
	s.Stop()
	require.NotContains(s.t, s.Log(), "planted", "a key is in the log")
	report := airtest.Analyse(s.t, s.srv.Recordings()[0], s.clips, airtest.DefaultHouse)
	report.Excuse = excuse
	out, err := exec.Command(airtest.Binary(s.t), "asrun", "--config", s.Dir+"/airloom.yml", "--json").Output()
	require.NoError(s.t, err)
	var rows []airedPiece
	require.NoError(s.t, json.Unmarshal(out, &rows), string(out))
	tick := int64(0)
	for _, r := range rows {
		require.Equal(s.t, tick, r.Tick, "%+v", rows)
		tick += r.Ticks
	}
	return report, rows
}

type airedPiece struct {
	Tick     int64  `json:"tick"`
	Ticks    int64  `json:"ticks"`
	Playlist string `json:"playlist"`
	Title    string `json:"title"`
	Mode     string `json:"mode"`
	Outcome  string `json:"outcome"`
	Cause    string `json:"cause"`
	Source   string `json:"source"`
}

// requireLiveSound fails where there is no sound, but for the last picture of what was
// live: its sound may not have been sent yet.
func requireLiveSound(t *testing.T, r *airtest.Report) {
	t.Helper()
	for _, run := range r.Runs {
		if run.Clip != nil && (run.Clip.Kind == airtest.Camera1 || run.Clip.Kind == airtest.Camera2) {
			r.Mute = append(r.Mute, airtest.Span{From: run.To - 60*time.Millisecond, To: run.To + 20*time.Millisecond})
		}
	}
	r.RequireSound(t)
}

// requireLiveSync fails where sound and picture are more than half a tick apart: a
// live picture airs at the tick nearest to its time, the sound at its time.
func requireLiveSync(t *testing.T, r *airtest.Report) {
	t.Helper()
	heard := 0
	for _, run := range r.Airings() {
		fit := run.Fit
		if r.Excuse.Held > 0 || r.Excuse.Skipped > 0 {
			fit = run.Calm
		}
		for _, d := range fit {
			heard++
			require.LessOrEqual(t, d.Abs(), 20*time.Millisecond, "%s at %v", run.Name(), run.From)
		}
	}
	require.Positive(t, heard)
}

// rundown is what is on air and what follows, as the API tells it.
func (s *studio) rundown() (list []web.Upcoming) {
	w, err := http.Get(s.URL("/api/v1/rundown?limit=2"))
	require.NoError(s.t, err)
	defer w.Body.Close()
	require.NoError(s.t, json.NewDecoder(w.Body).Decode(&list))
	require.Len(s.t, list, 2)
	return list
}

// A producer goes live: the channel cuts to it without a hold, and goes on with the
// plan's next tick when it ends, or is taken off. A wrong key, or a second one with
// the same, is refused in words.
func TestAProducerCutsIn(t *testing.T) {
	t.Parallel()
	s := openStudio(t)
	long1, camera := s.clips[0], s.clips[2]
	s.airs("long1.mp4", 2)
	require.Contains(t, goLive(t, s.port, camera, "planted-wrong-0815").refused(), "the stream key is wrong")
	l := goLive(t, s.port, camera, plantedKey)
	s.producer("studio", "on-air")
	require.Contains(t, goLive(t, s.port, s.clips[3], plantedKey).refused(), "studio is sending already")
	s.airs("studio", 3)
	st, _ := s.Status()
	require.Equal(t, "live", st.Now.Mode)
	require.Equal(t, "long1.mp4", st.Next.Title, "the plan waits")
	next := s.rundown()
	require.True(t, next[0].OnAir && next[0].Title == "studio" && next[0].End == nil, "they are on air until they end: %+v", next[0])
	require.Equal(t, "long1.mp4", next[1].Title)
	require.Contains(t, s.ctl("live", "studio", "off"), "studio is off air, the programme goes on with 'long1.mp4'")
	s.producer("studio", "ready")
	s.airs("long1.mp4", 3)
	require.Contains(t, s.ctl("live", "studio", "on"), "studio is live: on air since")
	s.airs("studio", 2)
	l.ends(syscall.SIGTERM)
	s.producer("studio", "away")
	s.airs("long1.mp4", 6.5)

	r, rows := s.stops()
	r.RequireAirs(t, []airtest.Piece{
		{Clip: long1, Cut: true},
		{Clip: camera, Cut: true, Near: 15},
		{Clip: long1, GoesOn: true, Cut: true},
		{Clip: camera, From: 150, Near: 75, Cut: true},
		{Clip: long1, GoesOn: true},
	})
	r.RequireContiguous(t)
	requireLiveSound(t, r)
	requireLiveSync(t, r)
	require.Equal(t, airedPiece{Tick: rows[0].Ticks, Ticks: rows[1].Ticks, Title: "studio", Mode: "live", Outcome: "cut",
		Cause: rows[1].Cause, Source: "ingest://studio"}, rows[1])
	require.Equal(t, "studio went live by studio (ingest)", rows[0].Cause)
	require.Contains(t, rows[1].Cause, "taken off by ")
}

// One whose plan runs meanwhile comes after the item on air, or at once; then the
// programme is where it would be.
func TestThePlanRunsOnUnderAProducer(t *testing.T) {
	t.Parallel()
	s := openStudio(t)
	s.airs("long1.mp4", 7)
	l := goLive(t, s.port, s.clips[2], "planted-van-0815")
	s.producer("van", "ready")
	s.airs("van", 2)
	l.ends(syscall.SIGTERM)
	s.airs("long2.mp4", 4)
	l = goLive(t, s.port, s.clips[3], "planted-arena-0815")
	s.airs("arena", 1.5)
	l.ends(syscall.SIGTERM)
	s.airs("long2.mp4", 7.5)

	r, _ := s.stops()
	r.RequireAirs(t, []airtest.Piece{
		{Clip: s.clips[0]},
		{Clip: s.clips[2], From: 40, Near: 40, Cut: true},
		{Clip: s.clips[1], Would: true, Cut: true},
		{Clip: s.clips[3], Cut: true, Near: 15},
		{Clip: s.clips[1], Would: true},
	})
	r.RequireContiguous(t)
	requireLiveSound(t, r)
	requireLiveSync(t, r)
}

// One that drops is held for and goes on when it comes back; one that stays away
// gives the air back to the plan.
func TestAProducerDropsAndComesBack(t *testing.T) {
	t.Parallel()
	s := openStudio(t)
	long1, camera, again := s.clips[0], s.clips[2], s.clips[3]
	s.airs("long1.mp4", 1)
	l := goLive(t, s.port, camera, plantedKey)
	s.airs("studio", 2)
	l.ends(syscall.SIGKILL)
	s.Until(10*time.Second, "it is missed", func(st control.Status) bool {
		return alertOf(st, "producer-lost") != "" && st.State == control.Fallback
	})
	l = goLive(t, s.port, again, plantedKey)
	s.airs("studio", 5)
	st, _ := s.Status()
	require.Empty(t, alertOf(st, "producer-lost"))
	l.ends(syscall.SIGKILL)
	s.airs("long1.mp4", 2)
	s.producer("studio", "away")
	time.Sleep(time.Second) // something of it

	r, rows := s.stops()
	r.RequireContiguous(t)
	requireLiveSync(t, r)
	runs := slices.DeleteFunc(r.Airings(), func(run airtest.Run) bool { return run.Clip == nil }) // the slate
	require.Len(t, runs, 4, r.String())
	for i, clip := range []airtest.Clip{long1, camera, again, long1} {
		require.Equal(t, clip.ID, runs[i].Clip.ID, r.String())
	}
	require.LessOrEqual(t, runs[2].First, 15, "from its beginning")
	require.InDelta(t, runs[0].Last+1, runs[3].First, float64(r.Excuse.Skipped), "the plan goes on where it waited")
	var words []string
	for _, row := range rows {
		words = append(words, row.Mode+" "+row.Outcome)
	}
	require.Equal(t, []string{"base cut", "live played", "live hold", "live played", "live hold", "live slate", "live ended early", "base cut"}, words)
	require.Equal(t, "studio", rows[6].Title)
	require.Contains(t, rows[6].Cause, "gave nothing for 5")
}
