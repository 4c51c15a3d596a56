package vet

import (
	"context"
	"slices"
	"time"

	"github.com/asticode/go-astiav"
)

const (
	// farApart is when keyframes are so far apart that beginning between them takes long.
	farApart = 10 * time.Second
	// Of a file this much is read to see where its keyframes are.
	readPackets = 4000
	readBytes   = 64 << 20
	readTime    = 40 * time.Second
)

// packets is what a file's picture says of itself without being decoded.
type packets struct {
	gap   time.Duration   // the longest without a keyframe
	times []time.Duration // of the pictures
}

// packets reads the file's beginning. Where that cannot be done there is nothing in
// it: why, is not this one's to tell.
func (q question) packets(ctx context.Context) (read packets) {
	fc := astiav.AllocFormatContext()
	defer fc.Free()
	stop := astiav.NewIOInterrupter()
	fc.SetIOInterrupter(stop)
	defer context.AfterFunc(ctx, stop.Interrupt)()
	if fc.OpenInput(q.Path, nil, nil) != nil {
		return read
	}
	defer fc.CloseInput()
	if fc.FindStreamInfo(nil) != nil {
		return read
	}
	picture, _, err := fc.FindBestStream(astiav.MediaTypeVideo, -1, -1)
	if err != nil || picture.DispositionFlags().Has(astiav.DispositionFlagAttachedPic) {
		return read
	}
	p := astiav.AllocPacket()
	defer p.Free()
	at := func(ts int64) time.Duration { return timeOf(ts, picture.TimeBase()) }
	var first, key, last time.Duration
	for n, size := 0, 0; n < readPackets && size < readBytes && last-first < readTime; n++ {
		if fc.ReadFrame(p) != nil {
			break
		}
		size += p.Size()
		if p.StreamIndex() == picture.Index() && p.Dts() != astiav.NoPtsValue {
			last = at(p.Dts())
			if len(read.times) == 0 {
				first, key = last, last
			}
			if p.Flags().Has(astiav.PacketFlagKey) {
				key = last
			}
			read.gap = max(read.gap, last-key)
			if p.Pts() != astiav.NoPtsValue {
				read.times = append(read.times, at(p.Pts()))
			}
		}
		p.Unref()
	}
	return read
}

// timeOf is a time of a stream, to the nearest nanosecond, however large it is.
func timeOf(ts int64, base astiav.Rational) time.Duration {
	return time.Duration(astiav.RescaleQ(ts, base, astiav.NewRational(1, int(time.Second))))
}

// varied reports whether pictures last unlike, beyond what rounding does, and from how
// long to how long nearly all of them do. A few that are missing make no other rate.
func (p packets) varied() (short, long time.Duration, varied bool) {
	if len(p.times) < 20 {
		return 0, 0, false
	}
	slices.Sort(p.times)
	var lasts []time.Duration
	for i := range p.times[1:] {
		lasts = append(lasts, p.times[i+1]-p.times[i])
	}
	slices.Sort(lasts)
	usual, odd := lasts[len(lasts)/2], 0
	for _, d := range lasts {
		if off := (d - usual).Abs(); off > usual/5 && off > 2*time.Millisecond {
			odd++
		}
	}
	return lasts[len(lasts)/20], lasts[len(lasts)-1-len(lasts)/20], odd*10 > len(lasts)
}
