package worker

import (
	"context"
	"errors"

	"airloom/playout/media"
)

// Main is the whole life of a clip's worker: the program was started with the
// argument "clip-worker". It returns the exit status. Call it before anything
// else is set up: a join waits for it.
func Main() int { return serve(openClip) }

func openClip(context.Context, media.Spec, media.Start, media.House) (reader, error) {
	return nil, &media.Fault{Kind: media.FaultUnsupported, Err: errors.New("clips cannot be read yet")}
}
