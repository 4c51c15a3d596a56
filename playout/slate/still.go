package slate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// maxPixels bounds what an image may unpack to: far beyond any screen.
const maxPixels = "100000000"

// still makes a house picture of the first picture in a file.
func still(h media.House, path string) (*av.Picture, error) {
	if err := readable(path); err != nil {
		return nil, err
	}
	frame := astiav.AllocFrame()
	defer frame.Free()
	if err := decodeFirst(path, frame); err != nil {
		return nil, fault(media.FaultUnsupported, path, fmt.Errorf("it cannot be read as an image: %w", err), "save it as PNG or JPEG")
	}
	pic, err := fit(h, frame)
	if err != nil {
		return nil, fault(media.FaultUnsupported, path, fmt.Errorf("it cannot be fitted to %dx%d: %w", h.Width, h.Height, err), "save it as PNG or JPEG")
	}
	return pic, nil
}

// fault says what is wrong with the image, and what to do.
func fault(kind media.FaultKind, path string, err error, remedy string) error {
	return &media.Fault{Kind: kind, Err: fmt.Errorf("slate image %q: %w; the built-in slate airs instead: %s", path, err, remedy)}
}

// readable tells the plain mistakes apart, in words that libav does not have.
func readable(path string) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault(media.FaultMissing, path, errors.New("there is no such file"), "put it there or correct the path")
	case errors.Is(err, fs.ErrPermission):
		return fault(media.FaultUnreadable, path, errors.New("airloom's user may not read it"), "give it the right to")
	case err != nil:
		return fault(media.FaultUnreadable, path, err, "correct the path")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fault(media.FaultUnreadable, path, err, "correct the path")
	}
	if !info.Mode().IsRegular() {
		return fault(media.FaultUnreadable, path, errors.New("it is not a file"), "name an image file")
	}
	return nil
}

// decodeFirst decodes the first picture in the file into frame.
func decodeFirst(path string, frame *astiav.Frame) error {
	input := astiav.AllocFormatContext()
	defer input.Free()
	// Neither is a name such as "a:b.png" a protocol nor "a%d.png" a series.
	opts := astiav.NewDictionary()
	defer opts.Free()
	if err := opts.Set("pattern_type", "none", 0); err != nil {
		return err
	}
	if err := input.OpenInput("file:"+path, nil, opts); err != nil {
		return err
	}
	defer input.CloseInput()
	if err := input.FindStreamInfo(nil); err != nil {
		return err
	}
	stream, codec, err := input.FindBestStream(astiav.MediaTypeVideo, -1, -1)
	if err != nil {
		return errors.New("there is no picture in it")
	}
	ctx := astiav.AllocCodecContext(codec)
	defer ctx.Free()
	if err := stream.CodecParameters().ToCodecContext(ctx); err != nil {
		return err
	}
	limits := astiav.NewDictionary()
	defer limits.Free()
	if err := limits.Set("max_pixels", maxPixels, 0); err != nil {
		return err
	}
	if err := ctx.Open(codec, limits); err != nil {
		return err
	}
	return firstFrame(input, stream.Index(), ctx, frame)
}

// firstFrame feeds the decoder until it gives a picture.
func firstFrame(input *astiav.FormatContext, stream int, ctx *astiav.CodecContext, frame *astiav.Frame) error {
	pkt := astiav.AllocPacket()
	defer pkt.Free()
	for {
		err := ctx.ReceiveFrame(frame)
		if err == nil {
			return nil
		}
		if errors.Is(err, astiav.ErrEof) {
			return io.ErrUnexpectedEOF
		}
		if !errors.Is(err, astiav.ErrEagain) {
			return err
		}
		send := pkt
		if err := input.ReadFrame(pkt); errors.Is(err, astiav.ErrEof) {
			send = nil // drain the decoder
		} else if err != nil {
			return err
		}
		if send == nil || pkt.StreamIndex() == stream {
			if err := ctx.SendPacket(send); err != nil {
				return err
			}
		}
		pkt.Unref()
	}
}
