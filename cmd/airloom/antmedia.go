package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"airloom/configs"
	"airloom/output"
	"airloom/output/antmedia"
	"airloom/output/rtmp"
	"airloom/playout/control"
)

// antMedia is the API of Ant Media Server at work for the outputs that it is
// meant for; of most channels that is one, or none.
type antMedia struct {
	cfg     *configs.Config
	client  *antmedia.Client // nil: there is no API
	watches []antWatch
	log     *slog.Logger
}

type antWatch struct {
	*antmedia.Watch
	output string
}

func newAntMedia(cfg *configs.Config, log *slog.Logger) (*antMedia, error) {
	a := &antMedia{cfg: cfg, log: log}
	var err error
	if cfg.AntMedia.API != "" {
		if a.client, err = antmedia.NewClient(cfg.AntMedia.API, cfg.AntMedia.Token.Reveal()); err != nil {
			return nil, fmt.Errorf("antmedia.api: %w", err)
		}
	}
	return a, nil
}

// around is the dialer with the API's help, where it is meant for the output.
func (a *antMedia) around(o configs.Output, d output.Dialer) output.Dialer {
	direct, ok := d.(*rtmp.Dialer)
	if !ok || !a.cfg.ForAntMedia(o) {
		return d
	}
	p := a.cfg.AntMedia.Publish
	u, _ := url.Parse(o.URL.Reveal()) // it has been checked
	dial := antmedia.NewDialer(direct, antmedia.Options{
		Client: a.client, InURL: u.RawQuery != "", Create: a.cfg.AntMedia.Create, Takeover: a.cfg.AntMedia.Takeover,
		Credential: antmedia.Credential{By: p.By, Secret: p.Secret.Reveal(), Subscriber: p.Subscriber},
		Log:        a.log.With("output", o.Name),
	})
	a.watches = append(a.watches, antWatch{antmedia.NewWatch(dial), o.Name})
	return dial
}

// arrival is the server's word on that of the outputs that is worst off; other, which
// may be nil, where it is not asked of any.
func (a *antMedia) arrival(other func() control.Arrival, outputs func() []control.Output) func() control.Arrival {
	if len(a.watches) == 0 {
		return other
	}
	return func() control.Arrival {
		stopped := map[string]bool{}
		for _, o := range outputs() {
			stopped[o.Name] = o.State == control.Stopped
		}
		var list []control.Arrival
		for _, w := range a.watches {
			list = append(list, arrivalOf(w.output, w.Arrival(), stopped[w.output]))
		}
		return worst(list)
	}
}

// worst is the first of those that are worst off. One that is not checked says nothing.
func worst(list []control.Arrival) control.Arrival {
	rank := map[string]int{string(antmedia.NotProven): 0, string(antmedia.Proven): 1, string(antmedia.NotChecked): 2}
	return slices.MinFunc(list, func(a, b control.Arrival) int { return rank[a.State] - rank[b.State] })
}

func arrivalOf(output string, v antmedia.Arrival, stopped bool) control.Arrival {
	if stopped { // nothing is meant to arrive
		return control.Arrival{Output: output, State: string(antmedia.NotChecked), By: "antmedia", Detail: "the output is stopped"}
	}
	c := control.Arrival{Output: output, State: string(v.State), By: "antmedia", Cause: string(v.Cause),
		ServerStatus: v.Status, AgeS: v.Age.Seconds(), Detail: v.Detail}
	if s := v.Server; v.Known {
		c.Server = &control.Server{Version: s.Version, BitrateKbps: s.Kbps, Speed: s.Speed, Width: s.Width, Height: s.Height,
			ReceivedBytes: s.Received, Viewers: s.Viewers, ForS: s.For.Seconds()}
	}
	return c
}

// actors are the watches, and what shows their alerts.
func (a *antMedia) actors(board *control.Board) (list []*actor) {
	for _, w := range a.watches {
		list = append(list, helper("watch over "+w.output, w.Run))
	}
	if len(list) > 0 {
		list = append(list, helper("antmedia alerts", func(ctx context.Context) error { return a.alerts(ctx, board) }))
	}
	return list
}

// alerts shows what the watches find wrong.
func (a *antMedia) alerts(ctx context.Context, board *control.Board) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-second.C:
		}
		found, severity := map[string][]control.Alert{}, map[string]string{}
		for _, w := range a.watches {
			for _, x := range w.Alerts() {
				found[x.Code] = append(found[x.Code], control.Alert{Subject: w.output, Message: "output " + w.output + ": " + x.Message})
				severity[x.Code] = x.Severity
			}
		}
		for _, code := range antmedia.Codes() {
			board.Show(code, severity[code], found[code])
		}
	}
}
