package vet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/clip"
	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/worker"
)

// question asks for remarks on one file.
type question struct {
	Path  string // absolute
	Root  string
	House media.House
	Cores float64
}

type answer struct{ Remarks []Remark }

const (
	// patience is for how long a child looks at one file.
	patience = 8 * time.Second
	// beginning and end are how much of a file is decoded.
	beginning = time.Second
	end       = 2 * time.Second
	// enough is how long the beginning may take: longer than that is too heavy anyhow.
	enough = 3 * time.Second
	// longest is how many bytes of an error are told.
	longest = 300
)

// Main is the whole life of a child that looks files over: the program was started
// with the argument "vet-worker". It returns the exit status.
func Main() int {
	av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
	worker.StepBack()
	return worker.Serve(func(text []byte) (any, []byte) {
		var q question
		if err := json.Unmarshal(text, &q); err != nil {
			return answer{[]Remark{{Unknown, err.Error()}}}, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return answer{q.remarks(ctx)}, nil
	})
}

// remarks is all there is to know of the file.
func (q question) remarks(ctx context.Context) (list []Remark) {
	length, list, err := q.begin(ctx)
	switch {
	case ctx.Err() != nil:
		return append(list, Remark{Unknown, fmt.Sprintf("it was not through after %d s", patience/time.Second)})
	case err != nil:
		return append(list, Remark{flawOf(err), media.Words(err, longest)})
	}
	if length > q.ticks(beginning+end) {
		damaged, err := q.tail(ctx, length)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			list = append(list, Remark{BrokenTail, media.Words(err, longest)})
		case damaged:
			list = append(list, Remark{BrokenTail, clip.PartsDamaged})
		}
	}
	p := q.packets(ctx)
	if p.gap >= farApart {
		list = append(list, Remark{Keyframes, fmt.Sprintf("none for %.0f s", p.gap.Seconds())})
	}
	if short, long, varied := p.varied(); varied {
		list = append(list, Remark{VariedRate, fmt.Sprintf("a picture lasts from %d to %d ms", short.Milliseconds(), long.Milliseconds())})
	}
	return list
}

// begin decodes the beginning and returns the length in ticks.
func (q question) begin(ctx context.Context) (length int64, list []Remark, err error) {
	r, err := clip.Open(ctx, media.Spec{Source: q.Path, Root: q.Root}, media.Start{}, q.House)
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	made := r.Streams()
	slot := make([]byte, media.LayoutOf(q.House).Size)
	began, used, n := time.Now(), worker.ProcessorTime(), int64(0)
	for n < q.ticks(beginning) && time.Since(began) < enough {
		if _, err = r.Read(slot); err != nil {
			break
		}
		n++
	}
	took := worker.ProcessorTime() - used
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	if made.Audio == nil && made.Video != nil && made.Video.FPS.Num > 0 {
		list = append(list, Remark{Flaw: NoSound})
	}
	length = r.Info().Ticks
	if need := took.Seconds() / q.lasts(n).Seconds(); n > 0 && length != n && q.Cores > 0 && need > q.Cores {
		list = append(list, Remark{TooHeavy, fmt.Sprintf("%s takes %.1f cores", kindOf(made), need)})
	}
	return length, list, nil
}

// kindOf is what is decoded, in short.
func kindOf(made media.Streams) string {
	switch v := made.Video; {
	case v != nil:
		return fmt.Sprintf("%dx%d %s", v.Width, v.Height, v.Codec)
	case made.Audio != nil:
		return made.Audio.Codec
	}
	return "it"
}

// tail decodes the end, and reports whether some of it was passed over.
func (q question) tail(ctx context.Context, length int64) (damaged bool, err error) {
	in := q.lasts(length) - end
	r, err := clip.Open(ctx, media.Spec{Source: q.Path, Root: q.Root, In: in}, media.Start{}, q.House)
	if err != nil {
		return false, fmt.Errorf("it says it lasts %s, and nothing is there near that end", q.lasts(length).Round(time.Second))
	}
	defer r.Close()
	slot := make([]byte, media.LayoutOf(q.House).Size)
	for range q.ticks(2 * end) {
		if _, err := r.Read(slot); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return false, err
		}
	}
	return slices.Contains(r.Info().Notes, clip.PartsDamaged), nil
}

func (q question) ticks(d time.Duration) int64 {
	return max(1, int64(d)*q.House.FPS.Num/q.House.FPS.Den/int64(time.Second))
}

func (q question) lasts(ticks int64) time.Duration {
	return time.Duration(ticks * q.House.FPS.Den * 1000 / q.House.FPS.Num * int64(time.Millisecond))
}

// flawOf is what an error of the clip amounts to.
func flawOf(err error) Flaw {
	switch media.KindOf(err) {
	case media.FaultMissing, media.FaultUnreadable, media.FaultStalled:
		return Unreadable
	}
	return CannotPlay
}
