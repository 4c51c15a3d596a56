package main

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/output/antmedia"
	"airloom/output/rtmp"
	"airloom/playout/control"
)

// The arrival says which output it is about: the worst off of those whose server is asked.
func TestArrivalOfSeveralOutputs(t *testing.T) {
	cfg := configs.Default()
	cfg.AntMedia.API = "http://127.0.0.1:1/LiveApp"
	for name, url := range map[string]string{"tube": "rtmp://127.0.0.2:1/live2/x", "one": "rtmp://127.0.0.1:1/LiveApp/x", "two": "rtmp://127.0.0.1:1/LiveApp/y"} {
		cfg.Outputs = append(cfg.Outputs, configs.Output{Name: name, URL: configs.TargetOf(url)})
	}
	a, err := newAntMedia(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, name := range []string{"tube", "one", "two"} {
		for _, o := range cfg.Outputs {
			if o.Name == name {
				d, err := rtmp.New(o.URL.Reveal(), nil)
				require.NoError(t, err)
				a.around(o, d)
			}
		}
	}
	states := map[string]control.OutputState{}
	arrival := a.arrival(nil, func() (list []control.Output) {
		for name, s := range states {
			list = append(list, control.Output{Name: name, State: s})
		}
		return list
	})
	told := func() []string { a := arrival(); return []string{a.Output, a.State, a.Detail} }
	require.Equal(t, []string{"one", "not-proven", "nothing is being sent"}, told())
	states["one"] = control.Stopped
	require.Equal(t, []string{"two", "not-proven", "nothing is being sent"}, told())
	states["two"] = control.Stopped
	require.Equal(t, []string{"one", "not-checked", "the output is stopped"}, told())

	proven := arrivalOf("one", antmedia.Arrival{State: antmedia.Proven}, false)
	lost := arrivalOf("two", antmedia.Arrival{State: antmedia.NotProven}, false)
	off := arrivalOf("one", antmedia.Arrival{State: antmedia.NotProven}, true)
	require.Equal(t, "two", worst([]control.Arrival{proven, lost}).Output)
	require.Equal(t, proven, worst([]control.Arrival{off, proven}))
}
