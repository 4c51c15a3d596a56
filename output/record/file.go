package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// The tracks of a file.
const (
	pictures = 1
	sounds   = 2
)

// format is what a file is made of, for the whole life of the channel.
type format struct {
	info  media.StreamInfo
	audio mpeg4audio.AudioSpecificConfig
	grid  timeline.Grid
}

// scale is how many units of a file's picture clock make up one of the frame
// rate's: players want a clock finer than a tick.
func (f format) scale() int64 {
	if f.info.FPS.Num < 1000 {
		return 512
	}
	return 1
}

// header is the beginning of each file.
func (f format) header() ([]byte, error) {
	var b seekablebuffer.Buffer
	err := fmp4.Init{Tracks: []*fmp4.InitTrack{
		{ID: pictures, TimeScale: uint32(f.info.FPS.Num * f.scale()), Codec: &codecs.H264{SPS: f.info.SPS, PPS: f.info.PPS}},
		{ID: sounds, TimeScale: uint32(f.info.SampleRate), Codec: &codecs.MPEG4Audio{Config: f.audio}},
	}}.Marshal(&b)
	return b.Bytes(), err
}

// fragment is a piece as it stands in a file whose first picture is of tick base.
// Times count from that tick, for sound from its first sample, so that both tracks
// share one zero and each frame stands where it stood on the timeline.
func (f format) fragment(p *piece, base int64, number uint32) ([]byte, error) {
	part := fmp4.Part{SequenceNumber: number}
	unit := f.info.FPS.Den * f.scale()
	track := &fmp4.PartTrack{ID: pictures, BaseTime: uint64((p.from - base) * unit)}
	for i, v := range p.video {
		next := p.end
		if i+1 < len(p.video) {
			next = p.video[i+1].DTS
		}
		payload, err := h264.AVCC(bare(v.Units)).Marshal()
		if err != nil {
			return nil, fmt.Errorf("pack a picture: %w", err)
		}
		track.Samples = append(track.Samples, &fmp4.Sample{
			Duration: uint32((next - v.DTS) * unit), PTSOffset: int32((v.PTS - v.DTS) * unit), IsNonSyncSample: !v.Key, Payload: payload,
		})
	}
	part.Tracks = append(part.Tracks, track)
	if len(p.audio) > 0 {
		zero := f.grid.Sample(base)
		track := &fmp4.PartTrack{ID: sounds, BaseTime: uint64(p.audio[0].PTS - zero)}
		for i, a := range p.audio {
			next := p.after
			if i+1 < len(p.audio) {
				next = p.audio[i+1].PTS
			} else if next < a.PTS+mpeg4audio.SamplesPerAccessUnit {
				next = a.PTS + mpeg4audio.SamplesPerAccessUnit
			}
			track.Samples = append(track.Samples, &fmp4.Sample{Duration: uint32(next - a.PTS), Payload: a.Units[0]})
		}
		part.Tracks = append(part.Tracks, track)
	}
	var b seekablebuffer.Buffer
	err := part.Marshal(&b)
	return b.Bytes(), err
}

// bare is a picture without what stands in the file's header, and without the
// marks that streams put between pictures.
func bare(units [][]byte) [][]byte {
	kept := make([][]byte, 0, len(units))
	for _, u := range units {
		if len(u) == 0 {
			continue
		}
		switch h264.NALUType(u[0] & 0x1f) {
		case h264.NALUTypeSPS, h264.NALUTypePPS, h264.NALUTypeAccessUnitDelimiter:
		default:
			kept = append(kept, u)
		}
	}
	return kept
}

// file is a recording that grows.
type file struct {
	f      *os.File
	name   string
	base   int64 // tick of its first picture
	number uint32
	good   int64 // bytes up to the end of the last whole fragment
}

// create makes a file in the folder, which is made too where only it is missing.
// It writes over nothing.
func create(dir string, start time.Time, header []byte) (*file, error) {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	for n := 1; ; n++ {
		name := nameOf(start, n)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, os.ErrExist) && n < 100 {
			continue
		}
		if err != nil {
			return nil, err
		}
		made := &file{f: f, name: name}
		if err := made.append(header); err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name()) // nothing is in it
			return nil, err
		}
		return made, nil
	}
}

// append writes at the end, and has the disk keep it. After an error the file ends
// where it did before, as far as the disk lets it.
func (f *file) append(b []byte) error {
	n, err := f.f.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = f.f.Sync()
	}
	if err != nil {
		_ = f.f.Truncate(f.good)
		_, _ = f.f.Seek(f.good, io.SeekStart)
		return err
	}
	f.good += int64(n)
	return nil
}

func (f *file) close() error { return f.f.Close() }

func (f *file) discard() error { return errors.Join(f.f.Close(), os.Remove(f.f.Name())) }
