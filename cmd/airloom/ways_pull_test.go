package main_test

import (
	"bufio"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// pullRTSP plays a stream into a file, by the RTP times as they stand, and
// returns a function that ends it and names the file. Players that count each
// clock from its own first packet cannot tell how sound stands to picture where
// a server passes no reports on, as lal; and what lal passes on by other
// protocols has each slice for a picture.
func pullRTSP(t *testing.T, address string) (end func() string) {
	u, err := base.ParseURL(address)
	require.NoError(t, err)
	tcp := gortsplib.ProtocolTCP
	c := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Protocol: &tcp}
	require.NoError(t, c.Start())
	closed := sync.OnceFunc(c.Close)
	t.Cleanup(closed)
	desc, _, err := c.Describe(u)
	require.NoError(t, err)
	require.NoError(t, c.SetupAll(desc.BaseURL, desc.Medias))
	var video *format.H264
	var audio *format.MPEG4Audio
	require.NotNil(t, desc.FindFormat(&video))
	require.NotNil(t, desc.FindFormat(&audio))
	pictures, err := video.CreateDecoder()
	require.NoError(t, err)
	sound, err := audio.CreateDecoder()
	require.NoError(t, err)

	file, err := os.Create(filepath.Join(t.TempDir(), "pulled.ts"))
	require.NoError(t, err)
	to := bufio.NewWriter(file)
	vt, at := &mpegts.Track{Codec: &codecs.H264{}}, &mpegts.Track{Codec: &codecs.MPEG4Audio{Config: *audio.Config}}
	w := &mpegts.Writer{W: to, Tracks: []*mpegts.Track{vt, at}}
	require.NoError(t, w.Initialize())
	begun := false
	c.OnPacketRTPAny(func(_ *description.Media, f format.Format, p *rtp.Packet) {
		switch f {
		case video:
			if au, err := pictures.Decode(p); err == nil && (begun || h264.IsRandomAccess(au)) {
				begun = true
				_ = w.WriteH264(vt, int64(p.Timestamp)+90000, int64(p.Timestamp)+90000, au)
			}
		case audio:
			if list, err := sound.Decode(p); err == nil && begun {
				_ = w.WriteMPEG4Audio(at, int64(p.Timestamp)*90000/int64(audio.ClockRate())+90000, list)
			}
		}
	})
	_, err = c.Play(nil)
	require.NoError(t, err)
	return func() string {
		closed()
		require.NoError(t, to.Flush())
		require.NoError(t, file.Close())
		return file.Name()
	}
}
