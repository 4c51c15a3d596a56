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
func metrics(ch Channel) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(&collector{ch}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
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

	mOutState   = desc("output_state", "1 at the output's state.", "output", "state")
	mOutBytes   = desc("output_sent_bytes_total", "Bytes sent.", "output")
	mOutRate    = desc("output_bitrate_bits_per_second", "Bits sent a second, lately.", "output")
	mOutDropped = desc("output_dropped_packets_total", "Packets that could not be sent.", "output")
	mOutOpened  = desc("output_sessions_total", "Sessions opened.", "output")
	mOutAgain   = desc("output_reconnects_total", "Sessions opened after the first.", "output")
	mOutRenewal = desc("output_renewal_seconds", "Time until the session is renewed.", "output")

	mArrival = desc("arrival", "1 at what is known of the arrival.", "state")
	mAlerts  = desc("alerts", "Alerts standing.", "severity")

	mRSS      = desc("resident_memory_bytes", "Resident memory of the process, libav's included.")
	mRoutines = desc("goroutines", "Goroutines alive.")
	mPictures = desc("live_pictures", "Handles of pictures alive.")
	mWorkers  = desc("workers", "Clip workers alive.")
)

// collector turns one snapshot into one scrape, so that no two figures of a
// scrape disagree.
type collector struct{ channel Channel }

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
	for _, st := range []control.State{control.Starting, control.OnAir, control.Fallback, control.Stopping} {
		gauge(mState, oneIf(s.State == st), string(st))
	}
	gauge(mUptime, s.UptimeS)
	count(mTicks, s.Tick)
	count(mHeld, s.Encoder.HeldTicks)
	count(mSkipped, s.Encoder.SkippedTicks)
	gauge(mSpeed, s.Encoder.Speed)
	for _, st := range []string{"proven", "not-proven", "not-checked"} {
		gauge(mArrival, oneIf(s.Arrival.State == st), st)
	}
	alerts := map[string]float64{"warning": 0, "error": 0}
	for _, a := range s.Alerts {
		alerts[a.Severity]++
	}
	for severity, n := range alerts {
		gauge(mAlerts, n, severity)
	}
	gauge(mRSS, float64(s.Resources.RSSBytes))
	gauge(mRoutines, float64(s.Resources.Goroutines))
	gauge(mPictures, float64(s.Resources.Pictures))
	gauge(mWorkers, float64(s.Resources.Workers))

	outputs := s.Outputs
	if len(outputs) == 0 && s.Output.Name != "" {
		outputs = []control.Output{s.Output}
	}
	for _, o := range outputs {
		collectOutput(o, count, gauge)
	}
}

type report[T int64 | float64] func(d *prometheus.Desc, v T, labels ...string)

func collectOutput(o control.Output, count report[int64], gauge report[float64]) {
	for _, st := range []control.OutputState{control.Publishing, control.Connecting, control.Waiting, control.Stopped} {
		gauge(mOutState, oneIf(o.State == st), o.Name, string(st))
	}
	count(mOutBytes, o.BytesSent, o.Name)
	gauge(mOutRate, float64(o.BitrateKbps)*1000, o.Name)
	count(mOutDropped, o.DroppedPackets, o.Name)
	count(mOutOpened, o.Sessions, o.Name)
	count(mOutAgain, max(0, o.Sessions-1), o.Name)
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
