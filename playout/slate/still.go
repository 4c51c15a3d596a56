package slate

import (
	"errors"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// still decodes the first picture of a file into a house picture.
func still(h media.House, path string) (*av.Picture, error) {
	return nil, &media.Fault{Kind: media.FaultUnsupported, Err: errors.New("slate images are not read yet")}
}
