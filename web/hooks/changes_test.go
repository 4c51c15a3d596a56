package hooks

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

func eventsOf(list []change) []string {
	names := []string{}
	for _, c := range list {
		names = append(names, c.event)
	}
	return names
}

func TestChanges(t *testing.T) {
	state := func(s control.State) control.Status { return control.Status{State: s} }
	out := func(states ...control.OutputState) (s control.Status) {
		for i, st := range states {
			s.Outputs = append(s.Outputs, control.Output{Name: string(rune('a' + i)), State: st})
		}
		return s
	}
	arrival := func(s string) control.Status { return control.Status{Arrival: control.Arrival{State: s}} }
	producer := func(s string) control.Status {
		return control.Status{Producers: []control.Producer{{Name: "studio", State: s}}}
	}
	down := func(words string) control.Alert {
		return control.Alert{Severity: "error", Code: "output-down", Message: "output main is not publishing: " + words}
	}
	of := func(output, words string) control.Alert {
		return control.Alert{Severity: "error", Code: "output-down", Subject: output, Message: "output " + output + " is not publishing: " + words}
	}
	for name, c := range map[string]struct {
		was, now control.Status
		want     []string
	}{
		"begins":                 {state(control.Starting), state(control.OnAir), []string{OnAir}},
		"nothing":                {state(control.OnAir), state(control.OnAir), nil},
		"falls back":             {state(control.OnAir), state(control.Fallback), []string{Fallback}},
		"is back":                {state(control.Fallback), state(control.OnAir), []string{OnAir}},
		"stops":                  {state(control.OnAir), state(control.Stopping), []string{Stopping}},
		"one publishes":          {out(control.Connecting, control.Waiting), out(control.Publishing, control.Connecting), []string{Publishing}},
		"first look":             {control.Status{}, out(control.Publishing, control.Waiting), []string{Publishing}},
		"one away, one back":     {out(control.Publishing, control.Waiting), out(control.Stopped, control.Publishing), []string{NotPublishing, Publishing}},
		"tries":                  {out(control.Waiting), out(control.Connecting), nil},
		"arrives":                {arrival("not-proven"), arrival("proven"), []string{ArrivalProven}},
		"arrives no more":        {arrival("proven"), arrival("not-proven"), []string{ArrivalLost}},
		"is not asked":           {arrival("not-checked"), arrival("not-proven"), nil},
		"producer sends":         {producer("away"), producer("ready"), []string{ProducerReady}},
		"producer on air":        {producer("ready"), producer("on-air"), []string{ProducerLive}},
		"producer gone":          {producer("on-air"), producer("away"), []string{ProducerAway}},
		"producer never came":    {control.Status{}, producer("away"), nil},
		"alert":                  {alerted(), alerted(skipped), []string{AlertRaised}},
		"alert over":             {alerted(skipped), alerted(), []string{AlertCleared}},
		"alert with other words": {alerted(down("refused")), alerted(down("no answer")), nil},
		"of another output":      {alerted(of("cam1", "refused")), alerted(of("cam1", "attempt 2: refused"), of("cam2", "refused")), []string{AlertRaised}},
		"alert in its place":     {alerted(skipped), alerted(down("refused")), []string{AlertCleared, AlertRaised}},
	} {
		require.ElementsMatch(t, c.want, eventsOf(changes(c.was, c.now)), name)
	}
}

// What is sent has the shape of the status.
func TestDataIsAsInTheStatus(t *testing.T) {
	s := control.Status{State: control.OnAir, Arrival: control.Arrival{State: "proven"}, Alerts: []control.Alert{skipped},
		Now: &control.Airing{ID: "a"}, Outputs: []control.Output{{Name: "main", State: control.Publishing}},
		Producers: []control.Producer{{Name: "studio", State: "ready"}}}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var status map[string]any
	require.NoError(t, json.Unmarshal(text, &status))
	list := changes(control.Status{}, s)
	require.Len(t, list, 5)
	for _, c := range list {
		text, err := json.Marshal(c.data)
		require.NoError(t, err)
		var data map[string]any
		require.NoError(t, json.Unmarshal(text, &data))
		for key, value := range data {
			switch key {
			case "output", "alert", "producer":
				require.Contains(t, status[key+"s"], value)
			default:
				require.Equal(t, status[key], value, key)
			}
		}
	}
}

// Every change that there can be is an event of the manual.
func TestEventsAreAll(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range stateEvents {
		seen[e] = true
	}
	for _, e := range producerEvents {
		seen[e] = true
	}
	for _, e := range []string{Publishing, NotPublishing, ArrivalProven, ArrivalLost, AlertRaised, AlertCleared} {
		seen[e] = true
	}
	require.Len(t, seen, len(Events))
	for _, e := range Events {
		require.True(t, seen[e], e)
	}
}
