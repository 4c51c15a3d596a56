package rtmp

import (
	"encoding/binary"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"airloom/playout/media"
)

// FLV's codes, which RTMP's bodies are made of.
const (
	codecAVC = 7
	codecAAC = 10
	aacTag   = codecAAC<<4 | 0x0f // 44.1 kHz, 16 bit, stereo: fixed for AAC, whatever it holds

	packetHeader = 0
	packetMedia  = 1
)

// metadata describes the stream. A live stream has no duration and no file
// size, so none is claimed.
func metadata(i media.StreamInfo) ([]byte, error) {
	m := amf0.ECMAArray{
		{Key: "width", Value: float64(i.Width)},
		{Key: "height", Value: float64(i.Height)},
		{Key: "framerate", Value: float64(i.FPS.Num) / float64(i.FPS.Den)}, // for display
		{Key: "videocodecid", Value: float64(codecAVC)},
		{Key: "audiocodecid", Value: float64(codecAAC)},
		{Key: "audiosamplerate", Value: float64(i.SampleRate)},
		{Key: "audiosamplesize", Value: float64(16)},
		{Key: "audiochannels", Value: float64(i.Channels)},
		{Key: "stereo", Value: i.Channels == 2},
		{Key: "encoder", Value: "airloom"},
	}
	if i.VideoKbps > 0 {
		m = append(m, amf0.ObjectEntry{Key: "videodatarate", Value: float64(i.VideoKbps)})
	}
	if i.AudioKbps > 0 {
		m = append(m, amf0.ObjectEntry{Key: "audiodatarate", Value: float64(i.AudioKbps)})
	}
	return amf0.Data{"@setDataFrame", "onMetaData", m}.Marshal()
}

// videoHeader is the tag with the parameter sets (ISO 14496-15, 5.3.3.1.2).
func videoHeader(i media.StreamInfo) []byte {
	b := []byte{1<<4 | codecAVC, packetHeader, 0, 0, 0}
	b = append(b, 1, i.SPS[1], i.SPS[2], i.SPS[3], 0xff, 0xe1) // lengths of 4 bytes, one SPS
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(i.SPS))), i.SPS...)
	b = append(b, 1)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(i.PPS))), i.PPS...)
	if i.SPS[1] >= 100 { // High and above also say: 4:2:0, 8 bits
		b = append(b, 0xfd, 0xf8, 0xf8, 0)
	}
	return b
}

func audioHeader(i media.StreamInfo) []byte {
	return append([]byte{aacTag, packetHeader}, i.AudioConfig...)
}

// videoBody is one picture, its units with their lengths before them. The
// composition time is in milliseconds.
func videoBody(p *media.Packet, composition int64) []byte {
	b := make([]byte, 5, 5+p.Size()+4*len(p.Units))
	b[0] = 2<<4 | codecAVC
	if p.Key {
		b[0] = 1<<4 | codecAVC
	}
	b[1] = packetMedia
	b[2], b[3], b[4] = byte(composition>>16), byte(composition>>8), byte(composition)
	for _, u := range p.Units {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(u))), u...)
	}
	return b
}

// audioBody is one AAC frame.
func audioBody(p *media.Packet) []byte {
	b := append(make([]byte, 0, 2+p.Size()), aacTag, packetMedia)
	for _, u := range p.Units {
		b = append(b, u...)
	}
	return b
}
