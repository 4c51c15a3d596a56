package demo

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// film writes one clip as MP4: H.264, and AAC if the scene sounds.
type film struct {
	file         *astiav.FormatContext
	io           *astiav.IOContext
	packet       *astiav.Packet
	video, audio *track
}

// track is one encoder and its stream in the file.
type track struct {
	codec  *astiav.CodecContext
	stream *astiav.Stream
	frame  *astiav.Frame
}

// shoot writes the scene to the path.
func shoot(ctx context.Context, s scene, path string) (err error) {
	f, err := newFilm(path, len(s.chord) > 0)
	if f != nil {
		defer f.free()
	}
	if err != nil {
		return err
	}
	var sound [2][]float32
	if f.audio != nil {
		sound = s.sound()
	}
	still := newCanvas()
	s.still(still)
	titles := newOverlay(s.ink, s.title, s.line)
	for n := range s.seconds * fps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := f.picture(n, func(c *canvas) {
			c.copyFrom(still)
			s.move(c, float32(n)/fps)
			titles.draw(c, n)
		}); err != nil {
			return err
		}
		if err := f.soundUntil(sound, (n+1)*rate/fps); err != nil {
			return err
		}
	}
	return f.finish(sound)
}

func newFilm(path string, sounds bool) (f *film, err error) {
	f = &film{packet: astiav.AllocPacket()}
	if f.file, err = astiav.AllocOutputFormatContext(nil, "mp4", path); err != nil {
		return f, err
	}
	if f.video, err = f.add("libx264", func(c *astiav.CodecContext, o *astiav.Dictionary) error {
		c.SetWidth(width)
		c.SetHeight(height)
		c.SetPixelFormat(astiav.PixelFormatYuv420P)
		c.SetTimeBase(astiav.NewRational(1, fps))
		c.SetFramerate(astiav.NewRational(fps, 1))
		c.SetSampleAspectRatio(astiav.NewRational(1, 1))
		c.SetColorRange(astiav.ColorRangeMpeg)
		c.SetColorSpace(astiav.ColorSpaceBt709)
		c.SetColorPrimaries(astiav.ColorPrimariesBt709)
		c.SetColorTransferCharacteristic(astiav.ColorTransferCharacteristicBt709)
		c.SetGopSize(2 * fps)
		c.SetMaxBFrames(0)
		c.SetThreadCount(2)
		return errors.Join(o.Set("preset", "ultrafast", 0), o.Set("crf", "19", 0))
	}); err != nil {
		return f, err
	}
	f.video.frame.SetWidth(width)
	f.video.frame.SetHeight(height)
	f.video.frame.SetPixelFormat(astiav.PixelFormatYuv420P)
	if err = f.video.frame.AllocBuffer(0); err != nil {
		return f, err
	}
	if sounds {
		if err = f.addSound(); err != nil {
			return f, err
		}
	}
	if f.io, err = astiav.OpenIOContext(path, astiav.NewIOContextFlags(astiav.IOContextFlagWrite), nil, nil); err != nil {
		return f, err
	}
	f.file.SetPb(f.io)
	return f, f.file.WriteHeader(nil)
}

func (f *film) addSound() (err error) {
	if f.audio, err = f.add("aac", func(c *astiav.CodecContext, _ *astiav.Dictionary) error {
		c.SetSampleRate(rate)
		c.SetSampleFormat(astiav.SampleFormatFltp)
		c.SetChannelLayout(astiav.ChannelLayoutStereo)
		c.SetTimeBase(astiav.NewRational(1, rate))
		c.SetBitRate(128_000)
		return nil
	}); err != nil {
		return err
	}
	f.audio.frame.SetSampleRate(rate)
	f.audio.frame.SetSampleFormat(astiav.SampleFormatFltp)
	f.audio.frame.SetChannelLayout(astiav.ChannelLayoutStereo)
	f.audio.frame.SetNbSamples(f.audio.codec.FrameSize())
	return f.audio.frame.AllocBuffer(0)
}

// add opens an encoder and gives it a stream.
func (f *film) add(name string, prepare func(*astiav.CodecContext, *astiav.Dictionary) error) (*track, error) {
	found := astiav.FindEncoderByName(name)
	if found == nil {
		return nil, fmt.Errorf("no encoder %q is built in", name)
	}
	t := &track{codec: astiav.AllocCodecContext(found), frame: astiav.AllocFrame()}
	options := astiav.NewDictionary()
	defer options.Free()
	// MP4 wants the headers in its own index, not in the stream.
	t.codec.SetFlags(t.codec.Flags().Add(astiav.CodecContextFlagGlobalHeader))
	err := prepare(t.codec, options)
	if err == nil {
		err = t.codec.Open(found, options)
	}
	if err != nil {
		t.free()
		return nil, fmt.Errorf("open encoder %s: %w", name, err)
	}
	t.stream = f.file.NewStream(nil)
	t.stream.SetTimeBase(t.codec.TimeBase())
	if err := t.stream.CodecParameters().FromCodecContext(t.codec); err != nil {
		t.free()
		return nil, err
	}
	return t, nil
}

// picture lets paint draw frame n and codes it.
func (f *film) picture(n int, paint func(*canvas)) error {
	frame := f.video.frame
	if err := frame.MakeWritable(); err != nil {
		return err
	}
	raw := (*C.AVFrame)(frame.UnsafePointer())
	plane := func(i, lines int) []byte {
		return unsafe.Slice((*byte)(unsafe.Pointer(raw.data[i])), int(raw.linesize[i])*lines)
	}
	paint(&canvas{
		y: plane(0, height), strideY: int(raw.linesize[0]),
		u: plane(1, height/2), v: plane(2, height/2), strideC: int(raw.linesize[1]),
	})
	frame.SetPts(int64(n))
	return f.code(f.video, frame)
}

// soundUntil codes what sounds before the given sample, in whole AAC frames.
func (f *film) soundUntil(sound [2][]float32, end int) error {
	if f.audio == nil {
		return nil
	}
	frame := f.audio.frame
	for {
		from := 0
		if frame.Pts() >= 0 {
			from = int(frame.Pts()) + f.audio.codec.FrameSize()
		}
		n := min(f.audio.codec.FrameSize(), len(sound[0])-from)
		if n <= 0 || from+n > end {
			return nil
		}
		if err := frame.MakeWritable(); err != nil {
			return err
		}
		frame.SetNbSamples(n)
		raw := (*C.AVFrame)(frame.UnsafePointer())
		for c := range sound {
			copy(unsafe.Slice((*float32)(unsafe.Pointer(raw.data[c])), n), sound[c][from:])
		}
		frame.SetPts(int64(from))
		if err := f.code(f.audio, frame); err != nil {
			return err
		}
	}
}

// finish codes what is left and writes the index.
func (f *film) finish(sound [2][]float32) error {
	if err := f.soundUntil(sound, len(sound[0])); err != nil {
		return err
	}
	for _, t := range []*track{f.video, f.audio} {
		if t != nil {
			if err := f.code(t, nil); err != nil {
				return err
			}
		}
	}
	if err := f.file.WriteTrailer(); err != nil {
		return err
	}
	io := f.io
	f.io = nil
	return io.Close()
}

// code gives the encoder a frame, nil at the end, and writes what comes out.
func (f *film) code(t *track, frame *astiav.Frame) error {
	if err := t.codec.SendFrame(frame); err != nil {
		return err
	}
	for {
		err := t.codec.ReceivePacket(f.packet)
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return nil
		}
		if err != nil {
			return err
		}
		if t == f.video {
			f.packet.SetDuration(1) // or the file ends with the last picture's beginning
		}
		f.packet.SetStreamIndex(t.stream.Index())
		f.packet.RescaleTs(t.codec.TimeBase(), t.stream.TimeBase())
		if err := f.file.WriteInterleavedFrame(f.packet); err != nil { // takes the packet's content
			return err
		}
	}
}

func (t *track) free() {
	t.frame.Free()
	t.codec.Free()
}

func (f *film) free() {
	for _, t := range []*track{f.video, f.audio} {
		if t != nil {
			t.free()
		}
	}
	if f.io != nil {
		_ = f.io.Close() // an error has been returned already
	}
	if f.file != nil {
		f.file.Free()
	}
	f.packet.Free()
}
