package main

import (
	"context"
	"fmt"
	"log/slog"

	"airloom/configs"
	"airloom/output"
	"airloom/output/hls"
	"airloom/output/record"
	"airloom/playout/control"
	"airloom/playout/media"
	"airloom/web"
)

// pull are the ways out that go to no server: what players and servers fetch, and
// what is kept. Either may be missing.
type pull struct {
	hls    *hls.Output
	record *record.Recorder
	token  string // of HLS
}

// newPull makes those that the config names.
func newPull(cfg *configs.Config, info media.StreamInfo, alert func(severity, code, message string), log *slog.Logger) (*pull, error) {
	p := &pull{token: cfg.HLS.Token.Reveal()}
	var err error
	if h := cfg.HLS; h.Variant != "" && cfg.Web.Listen != "" {
		p.hls, err = hls.NewOutput(hls.OutputConfig{
			Name: configs.HLSName, Target: "/hls/index.m3u8", Variant: hls.Variant(h.Variant), Segment: h.Segment, Segments: h.Segments, Info: info, Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("hls: %w", err)
		}
	}
	if r := cfg.Record; r.Dir != "" {
		p.record, err = record.New(record.Config{
			Name: configs.RecordName, Dir: r.Dir, Each: r.Each, Keep: r.Keep, Zone: cfg.Channel.Location(), Info: info, Log: log,
			Alert: func(code, message string) { alert("warning", code, message) },
		})
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
	}
	return p, nil
}

// Offer hands the packet on. It never blocks.
func (p *pull) Offer(pkt *media.Packet) {
	if p.hls != nil {
		p.hls.Offer(pkt)
	}
	if p.record != nil {
		p.record.Offer(pkt)
	}
}

// page is what of it the web server serves.
func (p *pull) page() (h web.HLS) {
	if p.hls != nil {
		h.Handler, h.Token = p.hls, p.token
	}
	return h
}

func (p *pull) actors() (list []*actor) {
	if p.hls != nil {
		list = append(list, helper("output "+configs.HLSName, p.hls.Run))
	}
	if p.record != nil {
		list = append(list, helper("output "+configs.RecordName, p.record.Run))
	}
	return list
}

func (p *pull) status() (list []output.Status) {
	if p.hls != nil {
		list = append(list, p.hls.Status())
	}
	if p.record != nil {
		list = append(list, p.record.Status())
	}
	return list
}

// stoppable is a way out that an operator stops and starts.
type stoppable interface {
	Stop(ctx context.Context) error
	Start(ctx context.Context) (trouble string)
}

// commanded are all ways out, by their names, for commands.
type commanded struct {
	output.Fan
	pull *pull
}

var _ control.Outputs = commanded{}

func (c commanded) named(name string) stoppable {
	switch {
	case name == configs.HLSName && c.pull.hls != nil:
		return c.pull.hls
	case name == configs.RecordName && c.pull.record != nil:
		return c.pull.record
	}
	return nil
}

// Stop implements control.Outputs.
func (c commanded) Stop(ctx context.Context, name string) error {
	way := c.named(name)
	if way == nil {
		return c.Fan.Stop(ctx, name)
	}
	if err := way.Stop(ctx); err != nil {
		return fmt.Errorf("output %s is told to stop, but has not ended yet: %w", name, err)
	}
	return nil
}

// Start implements control.Outputs.
func (c commanded) Start(ctx context.Context, name string) (string, error) {
	way := c.named(name)
	if way == nil {
		return c.Fan.Start(ctx, name)
	}
	return way.Start(ctx), nil
}

// shownOutput is an output's status as it is shown.
func shownOutput(s output.Status) control.Output {
	st := control.Output{
		Name: s.Name, Kind: s.Protocol, Cause: string(s.LastCause), State: control.OutputState(s.State), Target: s.Target, Since: s.Since, DownSince: s.DownSince,
		Attempt: s.Attempt, RetryInS: s.RetryIn.Seconds(), LastError: s.LastError, BytesSent: s.Sent, BitrateKbps: s.Bitrate,
		DroppedPackets: s.Dropped, Sessions: s.Sessions,
	}
	if !s.RenewAt.IsZero() {
		st.RenewAt = &s.RenewAt
	}
	return st
}
