package airtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"

	"airloom/playout/media"
)

// Sample is one coded picture or AAC frame, as the recording has it.
type Sample struct {
	DTS, PTS time.Duration
	Key      bool
	Size     int  // payload bytes
	IDR      bool // video: holds an IDR slice
	Sets     bool // video: holds SPS and PPS
}

// Track is one stream of a recording.
type Track struct {
	Samples []Sample
	Headers int    // sequence headers seen
	Changed int    // of them, those that differ from the one before
	Config  []byte // the first: AVCDecoderConfigurationRecord, or AudioSpecificConfig
}

// Recording is a parsed FLV file.
type Recording struct {
	Path         string
	Bytes        int64
	Video, Audio Track
	Metadata     int // onMetaData tags
	Faults       []string
}

// ReadFLV takes a recording apart. A last tag that is not all there is no
// fault: the server may have been killed.
func ReadFLV(path string) (*Recording, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Recording{Path: path, Bytes: int64(len(data))}
	if len(data) < 13 || !bytes.HasPrefix(data, []byte("FLV\x01")) {
		return nil, fmt.Errorf("%s is no FLV file (%d bytes)", path, len(data))
	}
	for at := 13; at+11 <= len(data); {
		size := int(data[at+1])<<16 | int(data[at+2])<<8 | int(data[at+3])
		ts := int64(data[at+4])<<16 | int64(data[at+5])<<8 | int64(data[at+6]) | int64(data[at+7])<<24
		end := at + 11 + size
		if end+4 > len(data) {
			break
		}
		if back := int(binary.BigEndian.Uint32(data[end:])); back != size+11 {
			r.fault("tag at byte %d is %d bytes long, and says %d after itself", at, size+11, back)
		}
		r.tag(data[at]&31, time.Duration(ts)*time.Millisecond, data[at+11:end])
		at = end + 4
	}
	return r, nil
}

func (r *Recording) fault(format string, args ...any) {
	if len(r.Faults) < 20 {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

func (r *Recording) tag(kind byte, dts time.Duration, b []byte) {
	switch {
	case kind == 18:
		r.Metadata++
	case kind == 9 && len(b) >= 5:
		r.video(dts, b)
	case kind == 8 && len(b) >= 2:
		if b[0]>>4 != 10 {
			r.fault("sound at %s is not AAC", seconds(dts))
		} else if b[1] == 0 {
			r.Audio.header(b[2:])
		} else {
			r.Audio.Samples = append(r.Audio.Samples, Sample{DTS: dts, PTS: dts, Key: true, Size: len(b) - 2})
		}
	case kind == 8 || kind == 9:
		r.fault("a tag of %d bytes at %s", len(b), seconds(dts))
	}
}

func (r *Recording) video(dts time.Duration, b []byte) {
	if b[0]&0x8f != 7 {
		r.fault("picture at %s is not plain H.264 (first byte %#x)", seconds(dts), b[0])
		return
	}
	switch b[1] {
	case 0:
		r.Video.header(b[5:])
	case 1:
		cts := time.Duration(int32(uint32(b[2])<<24|uint32(b[3])<<16|uint32(b[4])<<8)>>8) * time.Millisecond
		s := Sample{DTS: dts, PTS: dts + cts, Key: b[0]>>4 == 1, Size: len(b) - 5}
		types, whole := nalTypes(b[5:])
		if !whole {
			r.fault("picture at %s: NAL units do not fill the tag", seconds(dts))
		}
		s.IDR, s.Sets = types[5] > 0, types[7] > 0 && types[8] > 0
		r.Video.Samples = append(r.Video.Samples, s)
	}
}

func (t *Track) header(b []byte) {
	if t.Headers > 0 && !bytes.Equal(t.Config, b) {
		t.Changed++
	}
	if t.Headers == 0 {
		t.Config = bytes.Clone(b)
	}
	t.Headers++
}

// nalTypes counts the NAL units by type; whole is false if lengths and data disagree.
func nalTypes(b []byte) (n [32]int, whole bool) {
	for len(b) >= 5 {
		size := int(binary.BigEndian.Uint32(b))
		if size < 1 || 4+size > len(b) {
			return n, false
		}
		n[b[4]&31]++
		b = b[4+size:]
	}
	return n, len(b) == 0
}

// ProfileLevel is what the header declares: profile_idc and level_idc (31 is 3.1).
func (t Track) ProfileLevel() (profile, level int) {
	if len(t.Config) < 4 {
		return 0, 0
	}
	return int(t.Config[1]), int(t.Config[3])
}

// SoundFormat is what the AudioSpecificConfig declares.
func (t Track) SoundFormat() (object, rate, channels int) {
	if len(t.Config) < 2 {
		return 0, 0, 0
	}
	rates := []int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 0}
	v := int(t.Config[0])<<8 | int(t.Config[1])
	return v >> 11, rates[v>>7&15], v >> 3 & 15
}

// Length is from the first sample's time to the last's.
func (t Track) Length() time.Duration {
	if len(t.Samples) == 0 {
		return 0
	}
	return t.Samples[len(t.Samples)-1].DTS - t.Samples[0].DTS
}

// Backwards counts samples whose DTS does not rise.
func (t Track) Backwards() (n int) {
	for i := 1; i < len(t.Samples); i++ {
		if t.Samples[i].DTS <= t.Samples[i-1].DTS {
			n++
		}
	}
	return n
}

// OffGrid lists the samples that do not stand where their count says: sample i
// of length num/den seconds, from the first, give or take FLV's millisecond. Up
// to mayMiss samples may be left out, and leave their place empty.
func (t Track) OffGrid(num, den, mayMiss int64) (bad []string) {
	length := float64(num) / float64(den) * 1e9
	at, missed := int64(-1), int64(0)
	for i, s := range t.Samples {
		first := t.Samples[0].DTS
		at++
		if n := int64(math.Round(float64(s.DTS-first) / length)); mayMiss > 0 && n > at {
			missed, at = missed+n-at, n
		}
		want := first + time.Duration(float64(at)*length)
		if d := s.DTS - want; d > 1001*time.Microsecond || d < -1001*time.Microsecond {
			bad = append(bad, fmt.Sprintf("sample %d at %s instead of %s", i, seconds(s.DTS), seconds(want)))
		}
	}
	if missed > mayMiss {
		bad = append(bad, fmt.Sprintf("%d are missing, of which %d are accounted for", missed, mayMiss))
	}
	return bad
}

// LongestGap is the longest time between two samples, and where it begins.
func (t Track) LongestGap() (gap, at time.Duration) {
	for i := 1; i < len(t.Samples); i++ {
		if d := t.Samples[i].DTS - t.Samples[i-1].DTS; d > gap {
			gap, at = d, t.Samples[i-1].DTS
		}
	}
	return gap, at
}

// OutOfTurn lists the pictures that should be keyframes and are not, or the
// other way round. Each gop ticks begin with one: their first picture, should
// that be missing the next one that is there. The recording's first is extra, so
// where the ticks begin is found out: where the fewest are out of turn.
func (t Track) OutOfTurn(fps media.Rational, gop int) (bad []string) {
	ticks := make([]int, len(t.Samples))
	for i, s := range t.Samples {
		ticks[i] = int(math.Round(s.DTS.Seconds() * float64(fps.Num) / float64(fps.Den)))
	}
	var out []int
	for phase := range gop {
		var at []int
		for i := 1; i < len(ticks); i++ {
			due := (ticks[i]+phase)/gop != (ticks[i-1]+phase)/gop
			if due != t.Samples[i].Key {
				at = append(at, i)
			}
		}
		if phase == 0 || len(at) < len(out) {
			out = at
		}
	}
	for _, i := range out {
		what := "a keyframe out of turn"
		if !t.Samples[i].Key {
			what = "no keyframe, though one is due"
		}
		bad = append(bad, fmt.Sprintf("the picture at %s is %s: each %d ticks begin with one", seconds(t.Samples[i].DTS), what, gop))
	}
	return bad
}
