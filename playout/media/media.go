// Package media names what crosses the seams of the house, and nothing else.
//
// A [Spec] says what to open. An opened clip hands out [Tick]s of the house
// format ([House]): one picture and exactly the sound that belongs to it. The
// encoder turns ticks into [Packet]s, described by one [StreamInfo] for the life
// of the process, and the outputs send those. The package is a leaf and pure Go,
// so that schedule, engine and outputs build and test without libav: a picture's
// memory stays behind the opaque [Picture].
package media

import (
	"fmt"
	"time"
)

// Rational is an exact ratio, such as the frame rate 30000/1001.
type Rational struct {
	Num, Den int64
}

// String renders the ratio as "25" or "30000/1001".
func (r Rational) String() string {
	if r.Den == 1 {
		return fmt.Sprint(r.Num)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// Fit says how a picture of another shape is put into the house picture.
type Fit string

// The ways to fit a picture.
const (
	FitPad     Fit = "pad"     // whole picture, black bars
	FitCrop    Fit = "crop"    // no bars, edges lost
	FitStretch Fit = "stretch" // no bars, nothing lost, shape wrong
)

// House is the one format that everything is normalised to: progressive
// yuv420p with square pixels, BT.709 limited range, and stereo float sound.
type House struct {
	Width      int      `json:"width"`  // pixels, even
	Height     int      `json:"height"` // pixels, even
	FPS        Rational `json:"fps"`
	SampleRate int      `json:"sample_rate"` // Hz
	Fit        Fit      `json:"fit"`
}

// Spec says what to open and which part of it to play. It travels to the
// clip's worker as JSON, so it must hold no secret that may not cross a pipe to
// a child of ours.
type Spec struct {
	Source   string        `json:"source"`             // absolute path or URL
	Root     string        `json:"root,omitempty"`     // the media root a file may not leave; "" for URLs
	Hosts    string        `json:"hosts,omitempty"`    // that a URL may lead to, with commas between them; "": any
	In       time.Duration `json:"in,omitempty"`       // where to begin in the source
	Out      time.Duration `json:"out,omitempty"`      // where to end in the source; 0: its end
	Duration time.Duration `json:"duration,omitempty"` // cap, counted from In; 0: none
	Loop     bool          `json:"loop,omitempty"`     // begin again at the end until Duration is reached
	Audio    string        `json:"audio,omitempty"`    // track number (1 is the first) or language; "": the default track
	GainDB   float64       `json:"gain_db,omitempty"`  // fixed gain
}

// Start is the first tick wanted of a clip, counted from the item's own first.
type Start struct {
	Tick int64 `json:"tick"`
}

// ClipInfo is what is known of a clip once it is open.
type ClipInfo struct {
	// Ticks is the length of the whole item, not only of what is left after
	// Start; 0 while unknown (live sources).
	Ticks int64 `json:"ticks"`
	// Version names this state of the file (path, size, mtime): what a
	// quarantine holds on to. "" for what is not a file.
	Version string `json:"version"`
	// Heavy reports that reading the clip lately took most of a processor: where
	// it comes too slowly, that is the clip's own doing, not a busy machine's.
	Heavy bool `json:"heavy,omitempty"`
	// Live reports that the source has no length of its own: what is missed is gone.
	Live bool `json:"live,omitempty"`
	// Summary is the source in a few words: "h264 1280x720 25 fps, aac 44100 Hz stereo".
	Summary string `json:"summary"`
	// Notes are oddities worth telling an operator, in sentences.
	Notes []string `json:"notes,omitempty"`
}

// StreamInfo describes the encoded stream. It is fixed once the encoder is open:
// Ant Media Server and HLS players lose the picture when parameter sets change in
// mid-session.
type StreamInfo struct {
	Width, Height int
	FPS           Rational
	SPS, PPS      []byte // H.264 parameter sets, without start codes
	SampleRate    int    // Hz
	Channels      int
	AudioConfig   []byte // MPEG-4 AudioSpecificConfig
	VideoKbps     int    // declared ceiling, for metadata; 0: unknown
	AudioKbps     int
}
