package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/coreos/go-systemd/v22/daemon"

	"airloom/configs"
	"airloom/encoder"
	"airloom/output"
	"airloom/output/hls"
	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/asrun"
	"airloom/playout/control"
	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/slate"
	"airloom/playout/still"
	"airloom/playout/timeline"
	"airloom/playout/worker"
	"airloom/web"
)

// channel is one playout with everything that belongs to it, built and ready to run.
type channel struct {
	cfg      *configs.Config
	path     string // of the config; "" where there is no file
	log      *slog.Logger
	plan     *programme
	store    *asrun.Store
	memory   *memory
	desk     *control.Desk
	engine   *playout.Engine
	antmedia *antMedia
	encoder  *encoder.Encoder
	outputs  output.Fan
	ingest   *producers // nil: nobody may go live
	workers  *worker.Opener
	board    *control.Board
	slate    *slate.Slate
	hls      *hls.Sink
	pull     *pull
	web      *web.Server
	media    *mediaDesk // nil: no web server
	system   system
}

// sinks is where the encoder's packets go.
type sinks struct {
	outputs output.Fan
	hls     *hls.Sink
	still   *still.Air // with hls
	pull    *pull
}

func (s *sinks) Offer(p *media.Packet) {
	s.outputs.Offer(p)
	s.pull.Offer(p)
	if s.hls != nil {
		s.hls.Offer(p)
		s.still.Offer(p)
	}
}

// extras are what a demo shows beyond a channel of an operator's own.
type extras struct {
	page    web.Config
	arrival func() control.Arrival
	aged    time.Duration // see ways; for tests
}

// opener gives the worker's clips the engine's type.
type opener struct{ *worker.Opener }

func (o opener) Open(ctx context.Context, s media.Spec, at media.Start) playout.Clip {
	return o.Opener.Open(ctx, s, at)
}

// newChannel builds all rooms. What is wrong here is wrong with the config: it
// is the only thing that may end the process.
func newChannel(cfg *configs.Config, with extras, log *slog.Logger) (*channel, error) {
	av.SetLog(astiav.LogLevelWarning, func(_ astiav.LogLevel, line string) { log.Debug("libav", "says", line) })
	c := &channel{cfg: cfg, log: log, board: control.NewBoard(), plan: newProgramme(cfg, log)}
	c.plan.put, c.plan.alert = c.put, c.playlistAlert
	c.store = asrun.Open(cfg.State.Dir, cfg.AsRun.Keep, log, c.stateAlert)
	house := houseOf(cfg)

	out := &sinks{}
	var err error
	if c.encoder, err = encoder.Open(encoderConfig(cfg), out, log); err != nil {
		return nil, err
	}
	if c.antmedia, err = newAntMedia(cfg, log); err != nil {
		return nil, err
	}
	if c.outputs, err = ways(cfg.Outputs, c.antmedia.around, with.aged, c.encoder, log); err != nil {
		return nil, err
	}
	if c.pull, err = newPull(cfg, c.encoder.Info(), c.alert, log); err != nil {
		return nil, err
	}
	out.outputs, out.pull = c.outputs, c.pull
	if c.slate, err = slate.New(house, ""); err != nil {
		return nil, err
	}
	c.ingest = newProducers(c)
	c.workers = worker.NewOpener(worker.Options{House: house, Log: log, StallMax: cfg.Fallback.StallMax, Feed: c.ingest.feed})
	c.engine = playout.New(engineConfig(cfg, house), playout.Rooms{
		Opener: opener{c.workers}, Encoder: c.heard(), Rundown: c.plan.rundown,
		Slate: c.slate.Picture, Report: c.report, Foretell: c.board.Report, Log: log, Banned: c.store.IsBanned, Ban: c.ban,
		Zero: func(t time.Time) { c.plan.rundown.SetClock(schedule.Clock{Zero: t}) },
	})
	c.memory = &memory{store: c.store, rundown: c.plan.rundown, grid: timeline.Of(house), engine: c.engine, log: log, join: make(chan struct{}, 1)}
	c.board.Connect(control.Sources{
		Channel: cfg.Channel.Name, House: house, Engine: c.engine, Rundown: c.plan.rundown, Outputs: c.outputStatus,
		Encoder: func() (float64, int64) { s := c.encoder.Stats(); return s.Speed, s.Skipped },
		Workers: func() int64 { return c.workers.Stats().Workers }, Arrival: c.antmedia.arrival(with.arrival, c.outputStatus), Producers: c.ingest.standing(c),
	})
	c.desk = control.NewDesk(control.Rooms{
		Engine: lifter{c.engine, c.store}, Rundown: c.plan.rundown, Library: reloader{c.plan, c.readUsers}, Outputs: commanded{c.outputs, c.pull}, Quarantine: c.quarantine, Senders: c.ingest.senders,
		Status: c.board.Status, Grid: timeline.Of(house), Zone: cfg.Channel.Location(), Log: log,
	})
	c.observe()
	if cfg.Web.Listen != "" {
		if err := c.serve(with.page, out); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// lifter lets a file version play again both now and after a restart.
type lifter struct {
	*playout.Engine
	store *asrun.Store
}

func (l lifter) Lift(ctx context.Context, version string) error {
	l.store.Lift(version)
	return l.Engine.Lift(ctx, version)
}

func (c *channel) ban(version string, e playlist.Entry, cause error) {
	c.store.Ban(version, playlist.Redact(e.Item.Source)+": "+cause.Error())
}

// quarantine is what is left out of the programme.
func (c *channel) quarantine() (list []control.Banned) {
	for _, b := range c.store.Banned() {
		source, cause, _ := strings.Cut(b.Why, ": ")
		list = append(list, control.Banned{Version: b.Version, Source: source, Cause: cause, Since: b.Since})
	}
	return list
}

// serve adds the preview and the web server.
func (c *channel) serve(page web.Config, out *sinks) error {
	var err error
	if c.hls, err = hls.New(hls.Config{Info: c.encoder.Info(), Log: c.log}); err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	c.system.still = still.NewAir(still.AirOptions{Info: c.encoder.Info(), Log: c.log})
	out.hls, out.still = c.hls, c.system.still
	page.Listen, page.Version, page.Zone, page.Log = c.cfg.Web.Listen, version, c.cfg.Channel.ZoneName(), c.log
	page.Preview, page.HLS, page.Guide, page.Desk = http.Handler(c.hls), c.pull.page(), c.guide, c.desk
	page.Plan, page.Lists = planView{c}, deskLists{c.plan.library, c.plan}
	page.Note, page.TLS = c.desk.Note, web.TLS(c.cfg.Web.TLS)
	page.Users, page.Tokens = signIns(c.cfg)
	c.media = newMediaDesk(c.cfg, c.plan, c.log)
	page.Media, page.Uploads = c.media, mediaUploads{c.media}
	page.System = c.shown()
	c.web, err = web.New(page, c.board)
	return err
}

// heapSlack is by how many percent Go's heap may grow over what is live before
// it is collected. A channel allocates little, mostly packets, so collecting
// twice as often as usual costs nothing that can be measured and saves memory.
const heapSlack = 50

// run is the channel on air, until the context is done.
func (c *channel) run(ctx context.Context) error {
	debug.SetGCPercent(heapSlack)
	receivers := []*actor{helper("workers", c.reap)}
	if c.web != nil {
		receivers = append(receivers, helper("web", c.web.Run), helper("preview", c.hls.Run), helper("still", c.system.still.Run))
	}
	receivers = append(append(receivers, c.media.actors()...), c.ingest.actors(c)...)
	for _, o := range c.outputs {
		receivers = append(receivers, helper("output "+o.Status().Name, o.Run))
	}
	receivers = append(receivers, c.pull.actors()...)
	receivers = append(receivers, c.antmedia.actors(c.board)...)
	slate := helper("slate", func(ctx context.Context) error {
		go c.loadSlate() // may hang with the storage; nothing waits for it
		<-ctx.Done()
		c.slate.Close()
		return nil
	})
	g := actors{log: c.log, lost: c.lost, stopping: func() {
		c.log.Info("stopping", "event", "stopping", "cause", whyEnded(ctx))
		c.board.Stopping()
		c.store.Ending(whyEnded(ctx))
	}}
	g.add(append(c.observers(), helper("board", c.board.Run))...)
	g.add(append(receivers, helper("state", c.store.Run))...)
	g.add(helper("playhead", c.memory.run))
	g.add(essential("encoder", c.encoder.Run), slate)
	g.add(essential("engine", c.engine.Run))
	g.add(helper("watchdog", c.watchdog), helper("commands", c.listen), helper("playlists", c.follow))
	c.log.Info("on air", "event", "started", "channel", c.cfg.Channel.Name, "playlists", len(c.plan.Playlists()), "outputs", len(c.outputs))
	return g.run(ctx, grace)
}

// whyEnded is why the channel stops, for the as-run log.
func whyEnded(ctx context.Context) string {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return "a part that it cannot do without ended: see the log"
	case strings.Contains(cause.Error(), syscall.SIGTERM.String()):
		return "stopped by SIGTERM"
	case strings.Contains(cause.Error(), os.Interrupt.String()):
		return "stopped by SIGINT"
	case errors.Is(cause, context.DeadlineExceeded):
		return "its time was over"
	}
	return "stopped"
}

// grace is how long an end may take. With lastCall and the closing of the log it
// stays below the five seconds that are promised.
const grace = 3800 * time.Millisecond

// lost notes that a part has ended that the air can do without.
func (c *channel) lost(name string, err error) {
	c.log.Error("a part of the channel is gone, the air goes on", "event", "part-lost", "part", name, "error", err)
	c.board.Raise(control.Alert{
		Severity: "error", Code: strings.ReplaceAll(name, " ", "-") + "-ended", Since: time.Now(),
		Message: err.Error() + ": the air goes on without it; restart the channel when it suits",
	})
}

// reap waits, at the end, until the workers are gone. One that hangs on stuck
// storage beyond even SIGKILL must not hold the end up.
func (c *channel) reap(ctx context.Context) error {
	<-ctx.Done()
	gone := make(chan error, 1)
	go func() { gone <- c.workers.Close() }()
	select {
	case err := <-gone:
		return err
	case <-time.After(2 * time.Second):
		c.log.Warn("a clip's worker does not end: the storage it reads from is stuck", "event", "storage-hangs", "workers", c.workers.Stats().Workers)
		return nil
	}
}

// settled is when a channel has started in all its parts: what memory only the
// start needed is given back then.
const settled = 10 * time.Second

// watchdog tells systemd that the channel is up, and that it is alive: only when
// ticks flow, so that an engine that hangs is restarted.
func (c *channel) watchdog(ctx context.Context) error {
	interval, _ := daemon.SdWatchdogEnabled(false) // an error means it is off
	ready := false
	var fed time.Time
	for {
		select {
		case <-ctx.Done():
			_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
			return nil
		case <-c.engine.Beat():
		}
		if !ready {
			ready = true
			time.AfterFunc(settled, worker.Trim)
			_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
		}
		if interval > 0 && time.Since(fed) > interval/4 {
			fed = time.Now()
			_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
		}
	}
}

// report takes note of what aired. It is called by the engine and never blocks.
func (c *channel) report(r playout.Row) {
	c.board.Report(r)
	c.board.Count(r)
	c.memory.report(r)
	if r.Final && r.Ticks > 0 {
		c.outputs.Join()
	}
}

func (c *channel) outputStatus() []control.Output {
	list := make([]control.Output, 0, len(c.outputs)+2)
	for _, o := range c.outputs {
		list = append(list, shownOutput(o.Status()))
	}
	for _, s := range c.pull.status() {
		list = append(list, shownOutput(s))
	}
	return list
}

// loadSlate makes the configured image the slate, in its own time: until then,
// and where it cannot be had, the built-in one stands in. Neither a missing
// picture nor stuck storage keeps a channel off air.
func (c *channel) loadSlate() {
	path := c.cfg.SlatePath()
	if path == "" {
		return
	}
	if err := c.slate.Load(path); err != nil {
		c.log.Warn("the slate cannot be shown, the built-in one stands in", "event", "slate-lost", "slate", path, "cause", err)
		c.board.Raise(control.Alert{Severity: "warning", Code: "slate-image", Since: time.Now(),
			Message: "the slate cannot be shown, the built-in one stands in: " + err.Error()})
	}
}

// pageURL is where a person finds the page.
func (c *channel) pageURL() string {
	if c.web == nil {
		return ""
	}
	host, port, _ := net.SplitHostPort(c.web.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.cfg.Web.TLS != (configs.TLS{}) {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
