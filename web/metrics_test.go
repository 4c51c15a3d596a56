package web

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// measured is a channel of which all there is to measure is there.
func measured() (Config, *channel) {
	ch := onAir()
	s := &ch.status
	s.Outputs[0].Kind, s.Outputs[1].Kind, s.Outputs[1].Cause = "rtmp", "srt", "unreachable"
	s.Outputs = append(s.Outputs,
		control.Output{Name: "hls", Kind: "hls", State: control.Publishing, Sessions: 31},
		control.Output{Name: "record", Kind: "record", State: control.Publishing, Sessions: 24})
	s.Due = &control.Due{Mode: "hard", At: time.UnixMilli(1_800_000_000_500)}
	s.Arrival = control.Arrival{State: "proven", By: "antmedia", AgeS: 4, Server: &control.Server{
		BitrateKbps: 1400, Speed: 1.01, ReceivedBytes: 99, Viewers: 12,
	}}
	s.Alerts = append(s.Alerts, control.Alert{Severity: "error", Code: "output-down", Message: "It is down."})
	s.Producers = []control.Producer{{Name: "studio", State: "ready"}}
	return Config{System: System{
		Versions: func() Versions { return Versions{"1.2.3", "go1.30", "7.1", "164"} },
		Figures: func() Figures {
			return Figures{
				Items: map[string]int64{"played": 8, "cut": 0, "skipped": 0, "ended early": 1, "crashed": 0}, StoodStill: 2, Quarantine: 3, Wrong: 4, Doubtful: 5, Crashes: 6, Stuck: 7,
				Disks: map[string]Disk{"state": {Free: 10, Size: 20}},
				Hooks: []HookFigures{{Receiver: "ops.example", Results: map[string]int64{"delivered": 9, "given-up": 0, "dropped": 0}, Failures: 1, Waiting: 2}},
			}
		},
	}}, ch
}

// scrape is what Prometheus gets.
func scrape(t *testing.T) string {
	cfg, ch := measured()
	w := ask(t, "GET", serve(t, cfg, ch)+"/metrics")
	require.Equal(t, 200, w.StatusCode, w.body)
	return w.body
}

func TestMetricsOfAllThereIs(t *testing.T) {
	body := scrape(t)
	for _, line := range []string{
		`airloom_output_info{kind="srt",output="spare"} 1`,
		`airloom_output_fault{cause="unreachable",output="spare"} 1`,
		`airloom_output_players{output="hls"} 31`,
		`airloom_output_files_total{output="record"} 24`,
		`airloom_next_hard_start_timestamp_seconds 1.8000000005e+09`,
		`airloom_arrival{state="proven"} 1`,
		`airloom_arrival_age_seconds 4`,
		`airloom_server_received_bytes_per_second 175000`,
		`airloom_server_speed_ratio 1.01`,
		`airloom_server_received_bytes_total 99`,
		`airloom_server_viewers 12`,
		`airloom_producer_state{producer="studio",state="ready"} 1`,
		`airloom_producer_state{producer="studio",state="on-air"} 0`,
		`airloom_alert{code="item-skipped",severity="warning"} 1`,
		`airloom_items_total{outcome="played"} 8`,
		`airloom_items_total{outcome="ended early"} 1`,
		`airloom_stood_still_total 2`,
		`airloom_quarantined_files 3`,
		`airloom_playlist_problems{severity="error"} 4`,
		`airloom_playlist_problems{severity="warning"} 5`,
		`airloom_worker_crashes_total 6`,
		`airloom_workers_stuck 7`,
		`airloom_disk_free_bytes{what="state"} 10`,
		`airloom_disk_size_bytes{what="state"} 20`,
		`airloom_webhook_events_total{receiver="ops.example",result="delivered"} 9`,
		`airloom_webhook_failures_total{receiver="ops.example"} 1`,
		`airloom_webhook_queue_events{receiver="ops.example"} 2`,
		`airloom_build_info{ffmpeg="7.1",goversion="go1.30",version="1.2.3",x264="164"} 1`,
	} {
		require.Contains(t, body, "\n"+line)
	}
}

// Players that leave and files that begin are no sessions that were lost.
func TestOnlySessionsCountAsReconnects(t *testing.T) {
	body := scrape(t)
	require.Contains(t, body, `airloom_output_reconnects_total{output="main"} 2`)
	for _, name := range []string{"sessions", "reconnects"} {
		for _, output := range []string{"hls", "record"} {
			require.NotContains(t, body, `airloom_output_`+name+`_total{output="`+output+`"}`)
		}
	}
}

// The age of what the server never showed is none, not nought.
func TestTheAgeOfNothingIsNotTold(t *testing.T) {
	for _, c := range []struct {
		state string
		age   float64
		told  bool
	}{{"not-checked", 0, false}, {"not-proven", 0, false}, {"not-proven", 7, true}, {"proven", 0, true}} {
		ch := onAir()
		ch.status.Arrival = control.Arrival{State: c.state, AgeS: c.age}
		body := ask(t, "GET", serve(t, Config{}, ch)+"/metrics").body
		require.Equal(t, c.told, strings.Contains(body, "airloom_arrival_age_seconds"), c)
	}
}

// Prometheus' own rules for names, units and help.
func TestMetricsAreNamedByTheRules(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scrape(t))).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

// What is not known is not told as nought.
func TestMetricsLeaveOutWhatIsNotKnown(t *testing.T) {
	body := ask(t, "GET", serve(t, Config{}, onAir())+"/metrics").body
	for _, name := range []string{"airloom_arrival_age_seconds", "airloom_server_", "airloom_next_hard_start", "airloom_output_fault", "airloom_producer"} {
		require.NotContains(t, body, name)
	}
	require.Regexp(t, regexp.MustCompile(`(?m)^airloom_arrival\{state="not-checked"\} 1$`), body)
}
