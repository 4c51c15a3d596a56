package still

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"io"
	"math"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/clip"
	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/worker"
)

// question is what a child is asked: pictures of a file at some times, of which
// width or height is given, or whether it can be played.
type question struct {
	Check  bool            `json:",omitempty"`
	Path   string          `json:",omitempty"` // absolute
	Root   string          `json:",omitempty"`
	FPS    media.Rational  `json:",omitzero"`
	At     []time.Duration `json:",omitempty"` // in order; below 0: near the beginning
	Exact  bool            `json:",omitempty"`
	Width  int             `json:",omitempty"`
	Height int             `json:",omitempty"`
	Coded  []byte          `json:",omitempty"` // or, in pieces, a coded picture of H.264 that stands by itself
	First  bool            `json:",omitempty"` // it is the first piece
	More   bool            `json:",omitempty"` // the next piece follows
}

type answer struct {
	Fault   string          `json:",omitempty"`
	Kind    media.FaultKind `json:",omitempty"`
	Warning string          `json:",omitempty"`
}

const (
	// through is how far apart pictures may lie to be found by decoding all that
	// lies between them.
	through = 4 * time.Second
	// patience is for how long pictures are found that way; then by keyframes.
	patience = 8 * time.Second
	// rate of the sound, of which nothing is used.
	rate = 48000
	// longest is how many bytes of an error are told.
	longest = 1024
)

// Main is the whole life of a child that makes pictures: the program was started
// with the argument "still-worker". It returns the exit status.
func Main() int {
	av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
	worker.StepBack()
	var coded []byte
	return worker.Serve(func(text []byte) (any, []byte) {
		var q question
		if err := json.Unmarshal(text, &q); err != nil {
			return answer{Fault: err.Error()}, nil
		}
		if q.Coded != nil {
			if q.First { // of one before, the end may never have come
				coded = nil
			}
			if coded = append(coded, q.Coded...); q.More {
				return answer{}, nil
			}
			data, err := q.coded(coded)
			coded = nil
			return answer{Fault: media.Words(err, longest), Kind: kind(err)}, data
		}
		return q.answer()
	})
}

func (q question) answer() (answer, []byte) {
	if q.Check {
		warning, err := q.check()
		return answer{Fault: media.Words(err, longest), Kind: kind(err), Warning: warning}, nil
	}
	data, err := q.pictures()
	return answer{Fault: media.Words(err, longest), Kind: kind(err)}, data
}

func kind(err error) media.FaultKind {
	if err == nil {
		return ""
	}
	return media.KindOf(err)
}

func (q question) house(width, height int) media.House {
	return media.House{Width: width, Height: height, FPS: q.FPS, SampleRate: rate, Fit: media.FitStretch}
}

// open opens the file at its first picture that is wanted. Where that lies beyond
// its end, nothing can be found exactly.
func (q *question) open(ctx context.Context) (*clip.Reader, time.Duration, error) {
	spec := media.Spec{Source: q.Path, Root: q.Root}
	if q.Exact {
		for i := range q.At {
			q.At[i] = q.snap(q.At[i])
		}
		spec.In = q.At[0]
	}
	r, err := clip.OpenPictures(ctx, spec, q.house(320, 180))
	if err != nil && spec.In > 0 {
		q.Exact, spec.In = false, 0
		r, err = clip.OpenPictures(ctx, spec, q.house(320, 180))
	}
	return r, spec.In, err
}

// snap is the beginning of the tick that lies nearest: what is asked for was
// written as seconds, and rounded.
func (q question) snap(at time.Duration) time.Duration {
	tick := float64(q.FPS.Den) / float64(q.FPS.Num)
	n := int64(math.Round(at.Seconds() / tick))
	return time.Duration(float64(n) * tick * float64(time.Second))
}

// pictures are those that are wanted, side by side, as JPEG.
func (q question) pictures() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), madeIn)
	defer cancel()
	r, in, err := q.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	w, h := q.size(r.Shape())
	r.Resize(w, h)
	slot := make([]byte, r.Layout().Size)
	canvas := image.NewRGBA(image.Rect(0, 0, w*len(q.At), h))
	began := time.Now()
	for i, at := range q.At {
		if at < 0 {
			at = q.early(r.Info().Ticks)
		}
		exact := q.Exact && time.Since(began) < patience
		if !exact && q.Exact { // from here on none is
			q.Exact = false
		}
		if err := r.Glance(max(0, at-in), exact, slot); err != nil {
			if i == 0 {
				return nil, err
			}
			break // what could be read of it is shown
		}
		paint(canvas, w*i, slot, r.Layout(), w, h)
	}
	return encode(canvas)
}

// early is a time near the beginning, where something is to be seen already.
func (q question) early(ticks int64) time.Duration {
	length := time.Duration(ticks) * time.Second * time.Duration(q.FPS.Den) / time.Duration(q.FPS.Num)
	return min(length/10, time.Minute)
}

// size is that of one picture, in the file's own shape.
func (q question) size(shape media.Rational) (w, h int) {
	ratio := float64(shape.Num) / float64(max(1, shape.Den))
	ratio = min(max(ratio, 0.2), 5) // a thread is shown as a bar
	w, h = q.Width, q.Height
	if w == 0 {
		w = int(math.Round(float64(h) * ratio))
	} else {
		h = int(math.Round(float64(w) / ratio))
	}
	most := 16384 / len(q.At)
	return min(max(w&^1, MinSize), most&^1), min(max(h&^1, MinSize), 2*MaxHeight)
}

const (
	firstSeconds = 3
	lastSeconds  = 2
)

// check opens a file as the air would, and decodes its beginning and its end.
func (q question) check() (warning string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), checkedIn)
	defer cancel()
	ticks := func(seconds int64) int64 { return max(1, seconds*q.FPS.Num/q.FPS.Den) }
	length, err := q.decode(ctx, media.Spec{Source: q.Path, Root: q.Root}, ticks(firstSeconds))
	if err != nil || length <= ticks(firstSeconds+lastSeconds) {
		return "", err
	}
	in := time.Duration(length-ticks(lastSeconds)) * time.Second * time.Duration(q.FPS.Den) / time.Duration(q.FPS.Num)
	if _, err := q.decode(ctx, media.Spec{Source: q.Path, Root: q.Root, In: in}, ticks(2*lastSeconds)); err != nil {
		return media.Words(err, longest), nil
	}
	return "", nil
}

// decode reads some ticks and returns how many the clip says it has.
func (q question) decode(ctx context.Context, s media.Spec, ticks int64) (length int64, err error) {
	h := q.house(320, 180)
	r, err := clip.Open(ctx, s, media.Start{}, h)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	slot := make([]byte, media.LayoutOf(h).Size)
	for range ticks {
		if _, err := r.Read(slot); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
	}
	return r.Info().Ticks, nil
}
