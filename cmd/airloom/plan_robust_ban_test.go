package main_test

import (
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// A clip that has crashed its decoder twice is left out, after a restart too, and
// is back once it is lifted, for good.
func TestPlan06QuarantineOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Second1, airtest.Long1, airtest.Second2)
	bad := clips[1]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("one"), Items: airtest.Items(clips...)})
	ch.Publishing(10 * time.Second)
	airing(ch, 1, 0.4)
	first := ch.Worker(bad)
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	require.NoError(t, syscall.Kill(ch.Worker(bad, first), syscall.SIGKILL))
	ch.Until(5*time.Second, "it is left out, and an alert says so", func(s control.Status) bool {
		return told(s, "long1.mp4 crashed its decoder twice") && s.Now != nil && s.Now.Index != 1
	})
	list := ch.Must("ctl", "quarantine", "list").Out
	require.Contains(t, list, "long1.mp4")

	ch.Kill()
	again(ch, srv, "two")
	require.Contains(t, ch.Must("ctl", "quarantine", "list").Out, "long1.mp4")
	airtest.Stay(t, 3500*time.Millisecond, func() string { return ended(ch) })
	version := regexp.MustCompile(`quarantine lift "?([^"\n]+)"?`).FindStringSubmatch(list)
	require.NotNil(t, version, list)
	ch.Must("ctl", "quarantine", "lift", version[1])
	ch.Until(10*time.Second, "it is back", func(s control.Status) bool { return s.Now != nil && s.Now.Index == 1 })

	_, code := ch.Stop()
	require.Zero(t, code)
	again(ch, srv, "three")
	require.NotContains(t, ch.Must("ctl", "quarantine", "list").Out, "long1.mp4")
	ch.Until(15*time.Second, "it airs", func(s control.Status) bool { return s.Now != nil && s.Now.Index == 1 })
	ch.Stop()

	told := []lifetime{{name: "one"}, {name: "two"}, {name: "three"}}
	read(t, srv, clips, told)
	two := told[1].pictures
	at := slices.IndexFunc(two, func(p airtest.Picture) bool { return p.Clip == bad.ID })
	require.Greater(t, at, 75, "three seconds and more without it, and then it is back")
	airtest.Judged(t, m.Others(), func(t testing.TB) { require.Zero(t, two[at].N, "from its beginning") })
	var outcomes []string
	for _, row := range ch.AsRun() {
		if row.Source == "long1.mp4" {
			outcomes = append(outcomes, row.Outcome)
		}
	}
	t.Log(outcomes)
	require.Contains(t, strings.Join(outcomes, " "), "crashed")
}

// again starts the channel once more, with a stream of another name.
func again(ch *airtest.Channel, srv *airtest.Server, name string) {
	ch.Section("output", `{url: "`+srv.URL(name)+`"}`)
	ch.Again()
	ch.Publishing(10 * time.Second)
}
