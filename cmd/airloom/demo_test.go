package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// The hints name the port that the page really has.
func TestDemoPageGetsAnotherPortWhenTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	page, err := demoPage(taken.Addr().String())
	require.NoError(t, err)
	require.NotEqual(t, taken.Addr().String(), page)
	require.NoError(t, taken.Close())

	same, err := demoPage(taken.Addr().String())
	require.NoError(t, err)
	require.Equal(t, taken.Addr().String(), same)
	require.Contains(t, demoHints(page)[1].Command, "http://"+page+"/")
}
