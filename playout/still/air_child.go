package still

import (
	"errors"
	"fmt"
	"image"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// coded makes a picture of one coded picture that stands by itself.
func (q question) coded(data []byte) ([]byte, error) {
	frame := astiav.AllocFrame()
	defer frame.Free()
	if err := decode(data, frame); err != nil {
		return nil, fmt.Errorf("decode the picture that was sent: %w", err)
	}
	h := media.House{Width: q.Width, Height: q.Height, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: rate}
	slot, l, err := scaled(frame, h)
	if err != nil {
		return nil, fmt.Errorf("scale the picture that was sent: %w", err)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, q.Width, q.Height))
	paint(canvas, 0, slot, l, q.Width, q.Height)
	return encode(canvas)
}

// decode decodes the one picture there is in a stretch of H.264.
func decode(data []byte, frame *astiav.Frame) error {
	codec := astiav.FindDecoder(astiav.CodecIDH264)
	if codec == nil {
		return errors.New("there is no decoder for H.264")
	}
	ctx := astiav.AllocCodecContext(codec)
	defer ctx.Free()
	ctx.SetThreadCount(1) // more would wait for more pictures
	if err := ctx.Open(codec, nil); err != nil {
		return err
	}
	packet := astiav.AllocPacket()
	defer packet.Free()
	if err := packet.FromData(data); err != nil {
		return err
	}
	if err := ctx.SendPacket(packet); err != nil {
		return err
	}
	if err := ctx.SendPacket(nil); err != nil { // it is all there is
		return err
	}
	return ctx.ReceiveFrame(frame)
}

// scaled is the picture in the layout and size of the house.
func scaled(frame *astiav.Frame, h media.House) ([]byte, media.Layout, error) {
	l := media.Layout{StrideY: h.Width, StrideC: h.Width / 2, OffU: h.Width * h.Height, OffV: h.Width * h.Height * 5 / 4}
	scale, err := astiav.CreateSoftwareScaleContext(frame.Width(), frame.Height(), frame.PixelFormat(),
		h.Width, h.Height, astiav.PixelFormatYuv420P, astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagArea))
	if err != nil {
		return nil, l, err
	}
	defer scale.Free()
	out := astiav.AllocFrame()
	defer out.Free()
	if err := scale.ScaleFrame(frame, out); err != nil {
		return nil, l, err
	}
	slot, err := out.Data().Bytes(1)
	return slot, l, err
}
