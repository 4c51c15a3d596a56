package worker

import (
	"errors"
	"fmt"
	"os"

	"airloom/playout/clip"
	"airloom/playout/media"
)

// feedFD is where a child finds what its producer sends, where the source is one.
const feedFD = clip.FeedFD

// feed is the file that a child gets beside its own where its source is a producer.
func (c *Clip) feed() ([]*os.File, error) {
	name, ok := clip.Producer(c.spec.Source)
	if !ok {
		return nil, nil
	}
	if c.op.o.Feed == nil {
		return nil, &media.Fault{Kind: media.FaultMissing, Err: errors.New("there is no ingest: producers cannot send anything")}
	}
	f, err := c.op.o.Feed(name)
	if err != nil {
		return nil, &media.Fault{Kind: media.FaultAway, Err: fmt.Errorf("open %s: %w", c.name, err)}
	}
	return []*os.File{f}, nil
}
