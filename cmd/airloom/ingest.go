package main

import (
	"context"
	"errors"
	"os"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playout/control"
	"airloom/playout/ingest"
	"airloom/playout/media"
)

// producers is the ingest with what the config says of each who may send; nil where
// nobody may.
type producers struct {
	*ingest.Server
	of []configs.Producer
}

// newProducers returns the ingest of the config.
func newProducers(c *channel) *producers {
	if c.cfg.Ingest.Listen == "" {
		return nil
	}
	p := &producers{of: c.cfg.Ingest.Producers}
	in := ingest.Config{Listen: c.cfg.Ingest.Listen, Log: c.log,
		Trouble: func(words string) { c.alert("warning", "ingest-listen", words) }}
	for _, x := range p.of {
		in.Producers = append(in.Producers, ingest.Producer{Name: x.Name, Key: x.Key.Reveal()})
	}
	p.Server = ingest.New(in)
	return p
}

// feed is what a clip's worker reads of a producer.
func (p *producers) feed(name string) (*os.File, error) {
	if p == nil {
		return nil, errors.New("there is no ingest")
	}
	return p.Feed(name)
}

// senders are the producers as the desk wants to know them.
func (p *producers) senders() []control.Sender {
	if p == nil {
		return nil
	}
	list := make([]control.Sender, len(p.of))
	for i, s := range p.Status() { // in the order of the config
		list[i] = control.Sender{Name: s.Name, Next: p.of[i].OnLive == "next", Runs: p.of[i].Plan == "runs",
			Sends: s.Sends, Since: s.Since, From: s.From, Error: s.Error, Session: s.Session}
	}
	return list
}

// standing is how they stand, for the status.
func (p *producers) standing(c *channel) func() []control.Producer {
	if p == nil {
		return nil
	}
	return func() []control.Producer {
		snap, _ := c.engine.Snapshot()
		return control.Producers(p.senders(), snap, c.memory.due)
	}
}

// actors listen, and put on air who comes.
func (p *producers) actors(c *channel) []*actor {
	if p == nil {
		return nil
	}
	return []*actor{helper("ingest", p.Run), helper("producers", func(ctx context.Context) error {
		c.desk.Follow(ctx, p.Changed())
		return nil
	})}
}

// resolve turns an entry into what is to be opened. Only a producer's own entry leads
// to the ingest: a playlist cannot name it.
func resolve(may playlist.Options) func(e playlist.Entry) (media.Spec, error) {
	return func(e playlist.Entry) (media.Spec, error) {
		if e.Mode == playlist.ModeLive {
			return media.Spec{Source: e.Item.Source}, nil
		}
		return specOf(may, e.Item)
	}
}
