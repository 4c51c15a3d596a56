package hls

import (
	"context"

	"airloom/output"
)

// Stop ends the playlist, so that players play to its end and stop there, and
// takes no more until Start. It returns once that is so.
func (o *Output) Stop(ctx context.Context) error {
	o.wanted.Turn(false)
	_, err := output.Await(ctx, o.Status, output.Has(output.Stopped))
	return err
}

// Start undoes Stop. It returns once there is something to play, or with what
// keeps it from that for now, in words.
func (o *Output) Start(ctx context.Context) (trouble string) {
	o.wanted.Turn(true)
	ctx, cancel := context.WithTimeout(ctx, output.SoonStart)
	defer cancel()
	if _, err := output.Await(ctx, o.Status, output.Has(output.Publishing)); err != nil {
		return "no segment is whole yet"
	}
	return ""
}
