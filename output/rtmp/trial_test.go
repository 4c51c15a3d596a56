package rtmp

import (
	"crypto/tls"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/link"
)

func try(t *testing.T, url string, config *tls.Config, upto output.Stage) []output.Step {
	d, err := New(url, config)
	require.NoError(t, err)
	return d.Try(t.Context(), output.Trial{ID: d.ID() + "-trial", Upto: upto})
}

func stages(steps []output.Step) (list []output.Stage) {
	for _, s := range steps {
		list = append(list, s.Stage)
	}
	return list
}

// A real server takes the trial, under the other id alone, and leave of it.
func TestTrialAgainstNginx(t *testing.T) {
	t.Parallel()
	n := newNginx(t)
	n.start()
	began := time.Now()
	steps := try(t, n.url()+"?a=b", nil, output.StagePublish)
	for _, s := range steps {
		require.NoError(t, s.Err)
		require.Positive(t, s.Took)
	}
	require.Equal(t, []output.Stage{"name", "reach", "handshake", "app", "publish"}, stages(steps))
	require.Less(t, time.Since(began), link.LeaveWithin, "it waited for the server's end of the connection, not for its own patience")
	require.Eventually(t, func() bool { return strings.Contains(n.log(), "deleteStream") }, 5*time.Second, 10*time.Millisecond)
	require.Contains(t, n.log(), "publish: name='secretkey-trial' args='a=b'")
	require.NotContains(t, n.log(), "name='secretkey' ")
	for _, file := range n.recordings() {
		f, err := os.Stat(file)
		require.NoError(t, err)
		require.LessOrEqual(t, f.Size(), int64(13), "a recording has nothing but its head")
	}

	steps = try(t, "rtmp://"+n.addr+"/nosuch/secretkey", nil, output.StagePublish)
	require.Equal(t, output.StageApp, steps[len(steps)-1].Stage)
	require.Error(t, steps[len(steps)-1].Err)
}

// A trial goes as far as it is told, and says what the certificate is.
func TestTrialUpTo(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	client := &tls.Config{RootCAs: pool}
	left := make(chan struct{}, 1)
	addr := fake(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(c net.Conn) {
		if p, ok := take(c); ok {
			if _, ok = p.asked("deleteStream"); ok {
				left <- struct{}{}
			}
		}
	})
	steps := try(t, "rtmps://"+addr+"/LiveApp/s3cret", client, output.StageTLS)
	require.Equal(t, []output.Stage{"name", "reach", "tls"}, stages(steps))
	require.NoError(t, steps[2].Err)
	require.WithinDuration(t, time.Now().Add(time.Hour), steps[2].Until, 10*time.Minute)

	steps = try(t, "rtmps://"+addr+"/LiveApp/s3cret", nil, output.StagePublish)
	require.Equal(t, []output.Stage{"name", "reach", "tls"}, stages(steps))
	require.Equal(t, output.KindTLS, output.KindOf(steps[2].Err))

	steps = try(t, "rtmps://"+addr+"/LiveApp/s3cret", client, output.StagePublish)
	require.Equal(t, output.StagePublish, steps[len(steps)-1].Stage)
	require.NoError(t, steps[len(steps)-1].Err)
	select {
	case <-left:
	default:
		t.Error("it has not taken leave")
	}
}
