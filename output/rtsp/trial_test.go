package rtsp

import (
	"net"
	"testing"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/outputtest"
)

func try(t *testing.T, url string) []output.Step {
	d, err := New(url, nil)
	require.NoError(t, err)
	return d.Try(t.Context(), output.Trial{ID: d.ID() + "-trial", Info: outputtest.Coded(t, 25).Info, Upto: output.StagePublish})
}

// A trial announces another path, leaves, and has nothing recorded.
func TestTrial(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{user: "ann", pass: "s3cret"}, nil)
	steps := try(t, "rtsp://ann:s3cret@"+s.RTSPAddress+"/a/cam?x=y")
	require.Len(t, steps, 4)
	for _, step := range steps {
		require.NoError(t, step.Err)
	}
	require.Equal(t, output.StagePublish, steps[3].Stage)
	require.Len(t, s.list(), 1)
	require.True(t, s.list()[0].teardown)
	require.Empty(t, s.list()[0].all)
	d, err := New("rtsp://ann:s3cret@h/a/cam?x=y", nil)
	require.NoError(t, err)
	require.Equal(t, "rtsp://h/a/cam-trial?x=y", d.as(d.ID()+"-trial").url.String())

	for url, cause := range map[string]output.Cause{"rtsp://": output.CauseCredential, "rtsp://ann:wrong@": output.CauseCredential} {
		steps = try(t, url+s.RTSPAddress+"/a/cam")
		require.Equal(t, cause, output.CauseOf(steps[len(steps)-1].Err), url)
		require.NotContains(t, steps[len(steps)-1].Err.Error(), "wrong")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() { // a server that wants to know who asks before anything else
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = c.Read(make([]byte, 1024))
		_, _ = c.Write([]byte("RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n"))
	}()
	steps = try(t, "rtsp://"+l.Addr().String()+"/a/cam")
	require.Equal(t, output.StageHandshake, steps[len(steps)-1].Stage)
	require.Equal(t, output.CauseCredential, output.CauseOf(steps[len(steps)-1].Err))
	forbids := serve(t, &server{deny: base.StatusForbidden}, nil)
	steps = try(t, "rtsp://"+forbids.RTSPAddress+"/a/cam")
	require.Equal(t, output.CauseForbidden, output.CauseOf(steps[len(steps)-1].Err))
}
