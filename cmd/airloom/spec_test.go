package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// What the config says of where sources may lead reaches whoever opens them.
func TestSpecsSayWhereTheyMayLead(t *testing.T) {
	may := playlist.Options{Root: "/srv/media", Schemes: []string{"http"}, Hosts: []string{"cam.example", "10.0.0.7"}}
	spec, err := specOf(may, playlist.Item{Source: "http://cam.example/live"})
	require.NoError(t, err)
	require.Equal(t, "cam.example,10.0.0.7", spec.Hosts)
	require.Empty(t, spec.Root)
	spec, err = specOf(may, playlist.Item{Source: "films/one.mp4"})
	require.NoError(t, err)
	require.Equal(t, "/srv/media", spec.Root)
	_, err = specOf(may, playlist.Item{Source: "http://evil.example/live"})
	require.ErrorContains(t, err, "not allowed")
}
