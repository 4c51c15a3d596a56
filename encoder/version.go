package encoder

import (
	"bytes"
	"context"
	"log/slog"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// Version is x264's own version, such as "core 164 r3095 baee400". libav does
// not tell it, but x264 writes it into the first picture it codes.
func Version() string {
	h := media.House{Width: 64, Height: 64, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}
	var first firstPicture
	e, err := Open(Config{House: h, Video: Video{Codec: "libx264", Keyint: 50}, Audio: Audio{Codec: "aac"}}, &first, slog.New(slog.DiscardHandler))
	if err != nil {
		return "not available"
	}
	ctx, done := context.WithCancel(context.Background())
	done() // Run codes what is queued, and ends
	if p, err := av.New(h, func([]byte, media.Layout) {}); err == nil {
		t := media.NewTick(h.SampleRate / 25)
		t.Silence()
		t.Picture = p
		e.Offer(t)
	}
	if e.Run(ctx) != nil {
		return "not available"
	}
	return first.version
}

// firstPicture looks for x264's signature: "x264 - core 164 r3095 baee400 - H.264/…".
type firstPicture struct{ version string }

func (f *firstPicture) Offer(p *media.Packet) {
	for _, unit := range p.Units {
		if _, rest, ok := bytes.Cut(unit, []byte("x264 - ")); ok && f.version == "" {
			name, _, _ := bytes.Cut(rest, []byte(" - "))
			f.version = string(name)
		}
	}
}
