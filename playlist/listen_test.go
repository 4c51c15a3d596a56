package playlist

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An address at which a transport stream is waited for has no host; one that is
// gone to has.
func TestAddressesToListenAt(t *testing.T) {
	o := Options{Schemes: []string{"udp", "rtp", "rtsp"}}
	for _, source := range []string{"udp://@:5000", "udp://:5000", "rtp://@:5000", "udp://239.1.1.1:5000", "udp://@239.1.1.1:5000"} {
		require.NoError(t, o.checkURL(source), source)
	}
	for _, source := range []string{"udp://", "udp://@", "rtsp://@:5000"} {
		require.ErrorContains(t, o.checkURL(source), "names no host", source)
	}
	o.Hosts = []string{"camera"}
	require.NoError(t, o.checkURL("udp://@:5000"), "it leads nowhere")
	require.ErrorContains(t, o.checkURL("udp://239.1.1.1:5000"), "is not allowed")
}
