package rtsp

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

const videoClock = 90000

// tracks turns packets into RTP on one connection: the picture on channels 0
// and 1 (RTP, RTCP), the sound on 2 and 3. Both clocks are 0 at the session's
// first picture.
type tracks struct {
	grid  timeline.Grid
	media [2]*description.Media // by media.Kind
	pack  [2]func([][]byte) ([]*rtp.Packet, error)
	clock [2]int64

	begun bool
	base  int64 // tick
	ssrc  [2]uint32
	count [2]struct{ packets, octets uint32 }
	buf   []byte
}

func newTracks(i media.StreamInfo) (*tracks, error) {
	var config mpeg4audio.AudioSpecificConfig
	if err := config.Unmarshal(i.AudioConfig); err != nil {
		return nil, fmt.Errorf("the sound's configuration makes no sense: %w", err)
	}
	video := &format.H264{PayloadTyp: 96, SPS: i.SPS, PPS: i.PPS, PacketizationMode: 1}
	audio := &format.MPEG4Audio{PayloadTyp: 97, Config: &config, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
	ve, err := video.CreateEncoder()
	if err != nil {
		return nil, err
	}
	ae, err := audio.CreateEncoder()
	if err != nil {
		return nil, err
	}
	return &tracks{
		grid: timeline.Grid{FPS: i.FPS, Rate: int64(i.SampleRate)},
		media: [2]*description.Media{
			{Type: description.MediaTypeVideo, Control: "trackID=0", Formats: []format.Format{video}},
			{Type: description.MediaTypeAudio, Control: "trackID=1", Formats: []format.Format{audio}},
		},
		pack:  [2]func([][]byte) ([]*rtp.Packet, error){ve.Encode, ae.Encode},
		clock: [2]int64{videoClock, int64(i.SampleRate)},
		ssrc:  [2]uint32{*ve.SSRC, *ae.SSRC},
	}, nil
}

// sdp describes the stream.
func (t *tracks) sdp() ([]byte, error) {
	return description.Session{Title: "airloom", Medias: t.media[:]}.Marshal()
}

// at is the packet's time on its track's clock; ok is false for what lies before
// the session's first picture.
func (t *tracks) at(p *media.Packet) (at int64, ok bool) {
	if !t.begun {
		t.begun, t.base = true, p.DTS
	}
	if p.Kind == media.Video {
		at = t.grid.VideoAt(p.PTS, t.base, videoClock)
	} else {
		at = t.grid.AudioAt(p.PTS, t.base, t.clock[media.Audio])
	}
	return at, at >= 0
}

// frames is the packet as interleaved RTP, valid until the next call.
func (t *tracks) frames(p *media.Packet, at int64) ([]byte, error) {
	list, err := t.pack[p.Kind](p.Units)
	if err != nil {
		return nil, err
	}
	t.buf = t.buf[:0]
	for _, r := range list {
		r.Timestamp += uint32(at)
		n := r.MarshalSize()
		t.buf = frame(t.buf, byte(2*p.Kind), n)
		t.buf = append(t.buf, make([]byte, n)...)
		if _, err := r.MarshalTo(t.buf[len(t.buf)-n:]); err != nil {
			return nil, err
		}
		t.count[p.Kind].packets++
		t.count[p.Kind].octets += uint32(len(r.Payload))
	}
	return t.buf, nil
}

func frame(b []byte, channel byte, n int) []byte {
	return binary.BigEndian.AppendUint16(append(b, '$', channel), uint16(n))
}

// report is a sender report as interleaved RTCP (RFC 3550, 6.4.1): it ties the
// track's clock to the time of day, and so sound to picture. The tie is made of
// the session's beginning and of the track's own time, so that it never moves.
func (t *tracks) report(k media.Kind, at int64, began time.Time) []byte {
	now := began.Add(time.Duration(at/t.clock[k])*time.Second + time.Duration(at%t.clock[k])*time.Second/time.Duration(t.clock[k]))
	b := frame(nil, byte(2*k)+1, 28)
	b = append(b, 0x80, 200, 0, 6) // version 2, no reports, a sender's, 6 words follow
	b = binary.BigEndian.AppendUint32(b, t.ssrc[k])
	b = binary.BigEndian.AppendUint32(b, uint32(now.Unix()+2208988800)) // NTP counts from 1900
	b = binary.BigEndian.AppendUint32(b, uint32(uint64(now.Nanosecond())<<32/1e9))
	b = binary.BigEndian.AppendUint32(b, uint32(at))
	b = binary.BigEndian.AppendUint32(b, t.count[k].packets)
	return binary.BigEndian.AppendUint32(b, t.count[k].octets)
}
