package rtsp

import (
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"airloom/output/outputtest"
	"airloom/playout/media"
)

// server is mediamtx's own library as the far end: it takes whatever is
// announced, and notes what came.
type server struct {
	gortsplib.Server
	user, pass string
	deny       base.StatusCode // answer to ANNOUNCE; 0: it is taken

	mu       sync.Mutex
	sessions []*taken
	now      int // publishing
	most     int // at once
}

// taken is what one session brought.
type taken struct {
	desc     *description.Session
	pictures []picture
	sound    []int64 // times in samples
	all      []outputtest.Got
	ended    bool
	teardown bool
}

type picture struct {
	at    int64 // 90 kHz
	key   bool
	units [][]byte
}

func serve(t testing.TB, s *server, config *tls.Config) *server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.RTSPAddress = l.Addr().String()
	require.NoError(t, l.Close())
	s.Handler, s.TLSConfig = s, config
	require.NoError(t, s.Start())
	t.Cleanup(s.Close)
	return s
}

func (s *server) url(path string) string {
	scheme := "rtsp"
	if s.TLSConfig != nil {
		scheme = "rtsps"
	}
	return scheme + "://" + s.RTSPAddress + path
}

func (s *server) list() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var l []taken
	for _, x := range s.sessions {
		l = append(l, *x)
	}
	return l
}

func (s *server) got() (all [][]outputtest.Got) {
	for _, x := range s.list() {
		all = append(all, x.all)
	}
	return all
}

func (s *server) atOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *server) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	if s.user != "" && !ctx.Conn.VerifyCredentials(ctx.Request, s.user, s.pass) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	if s.deny != 0 {
		return &base.Response{StatusCode: s.deny}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &taken{desc: ctx.Description}
	s.sessions = append(s.sessions, x)
	ctx.Session.SetUserData(x)
	s.now++
	s.most = max(s.most, s.now)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (s *server) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	if x, ok := ctx.Session.UserData().(*taken); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		x.ended = true
		if !x.teardown {
			s.now--
		}
	}
}

func (s *server) OnRequest(c *gortsplib.ServerConn, r *base.Request) {
	if r.Method == base.Teardown && c.Session() != nil {
		if x, ok := c.Session().UserData().(*taken); ok {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !x.teardown && !x.ended {
				s.now-- // the library hands the end on a moment after it has answered
			}
			x.teardown = true
		}
	}
}

func (s *server) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil, nil
}

func (s *server) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	x := ctx.Session.UserData().(*taken)
	var decode *rtph264.Decoder
	for _, m := range x.desc.Medias {
		if f, ok := m.Formats[0].(*format.H264); ok {
			d, err := f.CreateDecoder()
			if err != nil {
				return nil, err
			}
			decode = d
		}
	}
	ctx.Session.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		at, ok := ctx.Session.PacketPTS(m, p)
		if !ok {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if m.Type == description.MediaTypeAudio {
			x.sound = append(x.sound, at)
			x.all = append(x.all, outputtest.Got{Kind: media.Audio, Key: true, At: time.Duration(at) * time.Second / 44100})
			return
		}
		if au, err := decode.Decode(p); err == nil {
			x.pictures = append(x.pictures, picture{at, h264.IsRandomAccess(au), au})
			x.all = append(x.all, outputtest.Got{Key: h264.IsRandomAccess(au), At: time.Duration(at) * time.Second / 90000})
		}
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}
