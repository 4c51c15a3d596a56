package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/web/hooks"
)

// The config knows the events by their words alone.
func TestEventsOfConfigAndHooks(t *testing.T) {
	require.Equal(t, hooks.Events, configs.WebhookEvents)
	for _, event := range hooks.Events {
		require.Contains(t, string(configs.Example), event)
	}
}

// A folder that is still to be made has the room of the one that it will be in.
func TestRoomIn(t *testing.T) {
	dir := t.TempDir()
	here, there := roomIn(dir), roomIn(filepath.Join(dir, "a", "b"))
	require.NotNil(t, here)
	require.NotNil(t, there)
	require.Positive(t, here.Size)
	require.LessOrEqual(t, here.Free, here.Size)
	require.Equal(t, here.Size, there.Size)
	require.Equal(t, filepath.Join(dir, "rec"), newDisks(&configs.Config{Record: configs.Record{Dir: filepath.Join(dir, "rec")}}).folders["record"])
}
