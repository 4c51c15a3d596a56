package worker

import (
	"context"

	"airloom/playout/clip"
	"airloom/playout/media"
)

// Main is the whole life of a clip's worker: the program was started with the
// argument "clip-worker". It returns the exit status. Call it before anything
// else is set up: a join waits for it.
func Main() int { return serve(openClip) }

func openClip(ctx context.Context, s media.Spec, at media.Start, h media.House) (reader, error) {
	r, err := clip.Open(ctx, s, at, h)
	if err != nil {
		return nil, err // not r: a nil *Reader is no nil reader
	}
	return r, nil
}
