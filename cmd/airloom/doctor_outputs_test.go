package main

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/playout/control"
)

func examOf(url string) *exam {
	cfg := configs.Default()
	cfg.Channel.Timezone = "UTC"
	cfg.Outputs = []configs.Output{{Name: "main", URL: configs.TargetOf(url)}}
	return &exam{cfg: cfg}
}

// A port that nobody answers at is told step by step, and as what it is.
func TestDoctorTellsHowFarItCame(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	found := examOf("rtmp://" + addr + "/live/s3cret").outputsAre(t.Context())
	require.Len(t, found, 2)
	require.Equal(t, isOK, found[0].Level)
	require.Equal(t, "Output main, name", found[0].Title)
	require.Equal(t, "Output main, reach", found[1].Title)
	require.Equal(t, isError, found[1].Level)
	require.Equal(t, "unreachable", found[1].Cause)
	require.Contains(t, found[1].Detail, "Connection refused: nothing listens on "+addr)
	require.NotEmpty(t, found[1].Remedy)
	for _, f := range found {
		require.NotContains(t, f.Detail+f.Why+f.Remedy, "s3cret")
	}
}

// A running channel's own word counts; what publishes is left alone.
func TestDoctorAsksTheChannelOfItsOutputs(t *testing.T) {
	x := examOf("rtmp://127.0.0.1:1/live/s3cret")
	x.status = &control.Status{Outputs: []control.Output{{Name: "main", State: control.Publishing, Target: "rtmp://x/live/…", Since: time.Unix(0, 0)}}}
	found := x.outputsAre(t.Context())
	require.Len(t, found, 1)
	require.Equal(t, "Output main", found[0].Title)
	require.Equal(t, "It has been publishing to rtmp://x/live/… since 1970-01-01 00:00:00. So the id is left alone, and not tried.", found[0].Detail)
	x.status.Outputs[0].State = control.Stopped
	require.Equal(t, isInfo, x.outputsAre(t.Context())[0].Level)
	x.status.Outputs[0] = control.Output{Name: "main", State: control.Waiting, Attempt: 7, LastError: "no such app", Cause: "app-unknown"}
	found = x.outputsAre(t.Context())
	require.Equal(t, isError, found[0].Level)
	require.Equal(t, "app-unknown", found[0].Cause)
	require.Equal(t, "It is not publishing. At attempt 7 it heard: no such app.", found[0].Detail)
	require.NotEmpty(t, found[0].Remedy)
}

// With services that know a stream by its secret alone no other is tried.
func TestDoctorKnowsKeysThatAreAll(t *testing.T) {
	for url, is := range map[string]bool{
		"rtmps://a.rtmps.youtube.com/live2/k": true, "rtmps://live-api-s.facebook.com:443/rtmp/k": true,
		"rtmp://notyoutube.com/live2/k": false, "rtmp://ams.example/LiveApp/k": false,
	} {
		require.Equal(t, is, keyIsAll(configs.Output{URL: configs.TargetOf(url)}), url)
	}
	require.True(t, keyIsAll(configs.Output{URL: configs.TargetOf("rtmp://proxy.example/x/k"), Preset: "twitch"}))
}
