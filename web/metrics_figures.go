package web

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Figures are counted in the rooms of the channel and are no part of its status.
type Figures struct {
	Items      map[string]int64 // items that have ended, or did not air, by how: played, cut, skipped, …
	StoodStill int64            // how often the process stood still for more than two seconds
	Quarantine int              // file versions that are left out
	Wrong      int64            // mistakes in playlists
	Doubtful   int64            // warnings about playlists
	Crashes    int64            // clip workers that died without a last word
	Stuck      int64            // clip workers that outlive SIGKILL, on storage that hangs
	Disks      map[string]Disk  // by what is kept there, such as state
	Hooks      []HookFigures
}

// Disk is how much room there is, in bytes.
type Disk struct{ Free, Size int64 }

// HookFigures are those of one receiver of events.
type HookFigures struct {
	Receiver string           // without what is secret in its address
	Results  map[string]int64 // events by what became of them
	Failures int64            // attempts that came to nothing
	Waiting  int
}

var (
	mBuilt      = "airloom_build_info"
	mItems      = desc("items_total", "Items that have ended, or did not air, by how.", "outcome")
	mStill      = desc("stood_still_total", "Times that the process stood still for more than 2 s.")
	mQuarantine = desc("quarantined_files", "Versions of files that are left out of the programme.")
	mProblems   = desc("playlist_problems", "What is wrong with playlists.", "severity")
	mCrashes    = desc("worker_crashes_total", "Clip workers that died without a last word.")
	mStuck      = desc("workers_stuck", "Clip workers that do not end even when killed: their storage hangs.")
	mFree       = desc("disk_free_bytes", "Room that is left where this is kept.", "what")
	mSize       = desc("disk_size_bytes", "Room that there is in all where this is kept.", "what")
	mHooks      = desc("webhook_events_total", "Events by what became of them: delivered, given-up, dropped.", "receiver", "result")
	mAttempts   = desc("webhook_failures_total", "Attempts to tell a receiver that came to nothing.", "receiver")
	mWaiting    = desc("webhook_queue_events", "Events that wait to be told.", "receiver")
)

// built says what this is.
func built(v Versions) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: mBuilt, Help: "1, with the versions of airloom and of what it is made of.",
		ConstLabels: prometheus.Labels{"version": v.Airloom, "goversion": v.Go, "ffmpeg": v.FFmpeg, "x264": v.X264},
	})
	g.Set(1)
	return g
}

func (f Figures) collect(count report[int64], gauge report[float64]) {
	for outcome, n := range f.Items {
		count(mItems, n, outcome)
	}
	count(mStill, f.StoodStill)
	gauge(mQuarantine, float64(f.Quarantine))
	gauge(mProblems, float64(f.Wrong), "error")
	gauge(mProblems, float64(f.Doubtful), "warning")
	count(mCrashes, f.Crashes)
	gauge(mStuck, float64(f.Stuck))
	for what, d := range f.Disks {
		gauge(mFree, float64(d.Free), what)
		gauge(mSize, float64(d.Size), what)
	}
	for _, h := range f.Hooks {
		for result, n := range h.Results {
			count(mHooks, n, h.Receiver, result)
		}
		count(mAttempts, h.Failures, h.Receiver)
		gauge(mWaiting, float64(h.Waiting), h.Receiver)
	}
}
