package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"airloom/playout/control"
)

// metrics serves the channel's figures and Go's own, from a registry that is
// ours alone.
func metrics(ch Channel, sys System) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(&collector{ch, sys.Figures}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if sys.Versions != nil {
		r.MustRegister(built(sys.Versions()))
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("airloom_"+name, help, labels, nil)
}

var (
	mHealthy = desc("healthy", "1 while ticks flow.")
	mState   = desc("state", "1 at the channel's state.", "state")
	mUptime  = desc("uptime_seconds", "Time since the start.")
	mTicks   = desc("ticks_total", "Ticks aired.")
	mHeld    = desc("held_ticks_total", "Ticks aired as a hold, filler or slate in an item's place.")
	mSkipped = desc("skipped_ticks_total", "Pictures that the encoder had no time for.")
	mSpeed   = desc("encoder_speed_ratio", "Encoded ticks over due ticks; below 1 pictures are skipped.")
	mStart   = desc("next_hard_start_timestamp_seconds", "When the clock next cuts in, since 1970; absent while none is in sight.")

	mOutInfo    = desc("output_info", "1 for each output there is, by its protocol.", "output", "kind")
	mOutState   = desc("output_state", "1 at the output's state.", "output", "state")
	mOutFault   = desc("output_fault", "1 at the cause of what went wrong last, until it has published steadily.", "output", "cause")
	mOutBytes   = desc("output_sent_bytes_total", "Bytes sent.", "output")
	mOutRate    = desc("output_bytes_per_second", "Bytes sent a second, lately.", "output")
	mOutDropped = desc("output_dropped_packets_total", "Packets that could not be sent.", "output")
	mOutOpened  = desc("output_sessions_total", "Sessions opened.", "output")
	mOutAgain   = desc("output_reconnects_total", "Sessions opened after the first.", "output")
	mOutPlayers = desc("output_players", "Players lately seen; of HLS alone.", "output")
	mOutFiles   = desc("output_files_total", "Files begun; of the recording alone.", "output")
	mOutRenewal = desc("output_renewal_seconds", "Time until the session is renewed; absent unless publishing.", "output")

	mArrival  = desc("arrival", "1 at what is known of the arrival.", "state")
	mAge      = desc("arrival_age_seconds", "How old the server's latest sign of the stream is; absent where nobody asks it, or it has shown none yet.")
	mReceived = desc("server_received_bytes_total", "Bytes that the server has received in this session; absent where it does not say.")
	mSrvRate  = desc("server_received_bytes_per_second", "Bytes that the server receives a second, by its own word.")
	mSrvSpeed = desc("server_speed_ratio", "Seconds of media that the server receives a second: 1 is right.")
	mViewers  = desc("server_viewers", "Viewers, by the server's own word.")

	mProducer = desc("producer_state", "1 at the state of whoever may go live.", "producer", "state")
	mAlerts   = desc("alerts", "Alerts standing.", "severity")
	mAlert    = desc("alert", "Alerts standing, by their code.", "code", "severity")

	mRSS      = desc("resident_memory_bytes", "Resident memory of the process, libav's included.")
	mRoutines = desc("goroutines", "Goroutines alive.")
	mPictures = desc("live_pictures", "Handles of pictures alive.")
	mWorkers  = desc("workers", "Clip workers alive.")
)

// collector turns one snapshot into one scrape, so that no two figures of a
// scrape disagree.
type collector struct {
	channel Channel
	figures func() Figures // nil: none
}

// Describe names nothing beforehand: outputs come and go with the configuration.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.channel.Status()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels []string) {
		m, err := prometheus.NewConstMetric(d, kind, v, labels...)
		if err != nil { // a label that is no text spoils the scrape, not the process
			m = prometheus.NewInvalidMetric(d, err)
		}
		ch <- m
	}
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		send(d, prometheus.CounterValue, float64(v), labels)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		send(d, prometheus.GaugeValue, v, labels)
	}
	gauge(mHealthy, oneIf(c.channel.Healthy()))
	collectChannel(s, count, gauge)
	collectArrival(s.Arrival, count, gauge)
	collectAlerts(s.Alerts, gauge)
	for _, p := range s.Producers {
		for _, st := range []string{"away", "ready", "on-air"} {
			gauge(mProducer, oneIf(p.State == st), p.Name, st)
		}
	}
	outputs := s.Outputs
	if len(outputs) == 0 && s.Output.Name != "" {
		outputs = []control.Output{s.Output}
	}
	for _, o := range outputs {
		collectOutput(o, count, gauge)
	}
	if c.figures != nil {
		c.figures().collect(count, gauge)
	}
}

type report[T int64 | float64] func(d *prometheus.Desc, v T, labels ...string)

func collectChannel(s control.Status, count report[int64], gauge report[float64]) {
	for _, st := range []control.State{control.Starting, control.OnAir, control.Fallback, control.Stopping} {
		gauge(mState, oneIf(s.State == st), string(st))
	}
	gauge(mUptime, s.UptimeS)
	count(mTicks, s.Tick)
	count(mHeld, s.Encoder.HeldTicks)
	count(mSkipped, s.Encoder.SkippedTicks)
	gauge(mSpeed, s.Encoder.Speed)
	if s.Due != nil && s.Due.Mode == "hard" {
		gauge(mStart, unix(s.Due.At))
	}
	gauge(mRSS, float64(s.Resources.RSSBytes))
	gauge(mRoutines, float64(s.Resources.Goroutines))
	gauge(mPictures, float64(s.Resources.Pictures))
	gauge(mWorkers, float64(s.Resources.Workers))
}

// unix is a time as Prometheus counts it.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func collectArrival(a control.Arrival, count report[int64], gauge report[float64]) {
	for _, st := range []string{"proven", "not-proven", "not-checked"} {
		gauge(mArrival, oneIf(a.State == st), st)
	}
	if a.State == "proven" || a.State == "not-proven" && a.AgeS > 0 {
		gauge(mAge, a.AgeS)
	}
	if a.Server != nil {
		count(mReceived, a.Server.ReceivedBytes)
		gauge(mSrvRate, float64(a.Server.BitrateKbps)*125)
		gauge(mSrvSpeed, a.Server.Speed)
		gauge(mViewers, float64(a.Server.Viewers))
	}
}

// collectAlerts counts them: of one code there may be several.
func collectAlerts(alerts []control.Alert, gauge report[float64]) {
	severities, codes := map[string]float64{"warning": 0, "error": 0}, map[[2]string]float64{}
	for _, a := range alerts {
		severities[a.Severity]++
		codes[[2]string{a.Code, a.Severity}]++
	}
	for severity, n := range severities {
		gauge(mAlerts, n, severity)
	}
	for of, n := range codes {
		gauge(mAlert, n, of[0], of[1])
	}
}

func collectOutput(o control.Output, count report[int64], gauge report[float64]) {
	gauge(mOutInfo, 1, o.Name, o.Kind)
	for _, st := range []control.OutputState{control.Publishing, control.Connecting, control.Waiting, control.Stopped} {
		gauge(mOutState, oneIf(o.State == st), o.Name, string(st))
	}
	if o.Cause != "" {
		gauge(mOutFault, 1, o.Name, o.Cause)
	}
	count(mOutBytes, o.BytesSent, o.Name)
	gauge(mOutRate, float64(o.BitrateKbps)*125, o.Name)
	count(mOutDropped, o.DroppedPackets, o.Name)
	switch o.Kind { // what its sessions are
	case "hls":
		gauge(mOutPlayers, float64(o.Sessions), o.Name)
	case "record":
		count(mOutFiles, o.Sessions, o.Name)
	default:
		count(mOutOpened, o.Sessions, o.Name)
		count(mOutAgain, max(0, o.Sessions-1), o.Name)
	}
	if o.RenewAt != nil {
		gauge(mOutRenewal, max(0, time.Until(*o.RenewAt).Seconds()), o.Name)
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
