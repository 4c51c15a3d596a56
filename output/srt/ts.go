package srt

import (
	"context"
	"fmt"
	"io"

	"github.com/asticode/go-astits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

const (
	clock     = 90000
	startAt   = clock            // so that nothing is ever before 0
	lead      = clock / 5        // by which the programme's clock is behind: time to decode and to wait for the sound
	wrap      = int64(1)<<33 - 1 // of every time in MPEG-TS
	videoPID  = 256
	audioPID  = 257
	videoID   = 0xe0
	audioID   = 0xc0
	delimiter = 9
)

// muxer makes MPEG-TS of packets. Its zero is the session's first picture. The
// clock (PCR) goes with every picture: the standard wants it ten times a second.
type muxer struct {
	grid   timeline.Grid
	config mpeg4audio.AudioSpecificConfig
	ts     *astits.Muxer
	begun  bool
	base   int64 // tick
}

func newMuxer(i media.StreamInfo, w io.Writer) (*muxer, error) {
	m := &muxer{grid: timeline.Grid{FPS: i.FPS, Rate: int64(i.SampleRate)}, ts: astits.NewMuxer(context.Background(), w)}
	if err := m.config.Unmarshal(i.AudioConfig); err != nil {
		return nil, fmt.Errorf("the sound's configuration makes no sense: %w", err)
	}
	for _, es := range []astits.PMTElementaryStream{
		{ElementaryPID: videoPID, StreamType: astits.StreamTypeH264Video},
		{ElementaryPID: audioPID, StreamType: astits.StreamTypeAACAudio},
	} {
		if err := m.ts.AddElementaryStream(es); err != nil {
			return nil, err
		}
	}
	m.ts.SetPCRPID(videoPID)
	return m, nil
}

// write writes a packet; what lies before the session's first picture is let go.
func (m *muxer) write(p *media.Packet) error {
	if !m.begun {
		m.begun, m.base = true, p.DTS
	}
	if p.Kind == media.Video {
		return m.picture(p, m.grid.VideoAt(p.PTS, m.base, clock)+startAt)
	}
	at := m.grid.AudioAt(p.PTS, m.base, clock)
	if at < 0 {
		return nil
	}
	adts, err := mpeg4audio.ADTSPackets{{
		Type: m.config.Type, SampleRate: m.config.SampleRate, ChannelConfig: m.config.ChannelConfig, AU: p.Units[0],
	}}.Marshal()
	if err != nil {
		return err
	}
	return m.pes(audioPID, audioID, at+startAt, &astits.PacketAdaptationField{RandomAccessIndicator: true}, adts)
}

func (m *muxer) picture(p *media.Packet, at int64) error {
	units := p.Units
	if units[0][0]&0x1f != delimiter { // players count on one
		units = append([][]byte{{delimiter, 0xf0}}, units...)
	}
	data, err := h264.AnnexB(units).Marshal()
	if err != nil {
		return err
	}
	return m.pes(videoPID, videoID, at, &astits.PacketAdaptationField{
		RandomAccessIndicator: p.Key, HasPCR: true, PCR: &astits.ClockReference{Base: (at - lead) & wrap},
	}, data)
}

func (m *muxer) pes(pid uint16, id uint8, at int64, af *astits.PacketAdaptationField, data []byte) error {
	_, err := m.ts.WriteData(&astits.MuxerData{PID: pid, AdaptationField: af, PES: &astits.PESData{
		Header: &astits.PESHeader{StreamID: id, OptionalHeader: &astits.PESOptionalHeader{
			MarkerBits: 2, PTSDTSIndicator: astits.PTSDTSIndicatorOnlyPTS, PTS: &astits.ClockReference{Base: at & wrap},
		}},
		Data: data,
	}})
	return err
}
