package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

func TestAMSRow1Broadcasting(t *testing.T) {
	ams := airtest.SharedAMS(t)
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2)
	ch := airtest.Airloom(t, airtest.Setup{Output: ams.URL("row1"), Items: airtest.Items(clips...)})
	ch.Publishing(10 * time.Second)
	airtest.Eventually(t, 12*time.Second, "the server says broadcasting", func() bool {
		b, _ := ams.Broadcast("row1")
		return b.Status == "broadcasting"
	})
	v := airtest.View(t, ams.HLS("row1"))
	airtest.Stay(t, 12*time.Second, nil)
	b, _ := ams.Broadcast("row1")
	t.Logf("%+v", b)
	t.Log(v.Segments(), v.Faults())
	_, code := ch.Stop()
	require.Zero(t, code)
}
