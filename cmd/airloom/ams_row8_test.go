package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// Ant Media Server pulls the channel's HLS as its stream source, by a token, and
// sends it on to its own viewers: each variant that it can take.
func TestAMSRow8StreamSource(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2)
	for _, variant := range []string{"mpegts", "fmp4"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			ams := ams.For(t)
			m := airtest.Watch()
			ch := airtest.Airloom(t, airtest.Setup{Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips...),
				Sections: map[string]string{"hls": "{variant: " + variant + ", token: a-token-nobody-can-guess}"}})
			ch.Until(20*time.Second, "there is something to pull", func(s control.Status) bool { return outputOf(s, "hls").State == control.Publishing })
			id := "row8" + variant
			pull(t, ams, id, ch.URL("/hls/index.m3u8?token=a-token-nobody-can-guess"))
			t.Cleanup(func() { ams.Delete(id) })
			airtest.Eventually(t, 20*time.Second, "the server says broadcasting", func() bool {
				b, _ := ams.Broadcast(id)
				return b.Status == "broadcasting"
			})
			v := airtest.View(t, ams.HLS(id))
			airtest.Eventually(t, 40*time.Second, "its viewers get segments", func() bool { return len(v.Segments()) >= 8 })
			v.Stop()
			s := lastStatus(t, ch)
			require.GreaterOrEqual(t, outputOf(s, "hls").Sessions, int64(1))
			require.Empty(t, v.Faults())
			require.Zero(t, v.Ends())
			r := airtest.AnalyseFile(t, v.Pieces()[0], clips, airtest.DefaultHouse)
			r.Excuse = airtest.ExcuseOf(s, m.Others())
			sums := r.Sums()
			t.Logf("AMS pulled %s: %d segments, %d pictures, %d beeps from %v to %v", variant, len(v.Segments()), len(r.Pictures), sums.Beeps, sums.FitMin, sums.FitMax)
			wellAired(t, r, clips, hlsOff)
			_, code := ch.Stop()
			require.Zero(t, code)
		})
	}
}

// pull has the server fetch a stream from an address.
func pull(t *testing.T, ams *airtest.AntMedia, id, from string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"streamId": id, "name": id, "type": "streamSource", "streamUrl": from})
	require.NoError(t, err)
	r, err := http.Post(ams.API()+"/rest/v2/broadcasts/create?autoStart=true", "application/json", strings.NewReader(string(body)))
	require.NoError(t, err)
	defer r.Body.Close()
	require.Equal(t, http.StatusOK, r.StatusCode)
}
