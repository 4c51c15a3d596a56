package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// Why Ant Media Server refuses, or why its REST API does: each a cause of its own,
// in the status and in the log. Wrong tokens, JWTs, hashes and one-time passwords
// are told apart in output/antmedia, by a fake: Community checks none of them.
func TestAMSRow4Refusals(t *testing.T) {
	ams := airtest.AMSApps(t, map[string]map[string]string{
		"LiveApp":   {"acceptOnlyStreamsInDataStore": "true"},
		"live":      {"remoteAllowedCIDR": "192.0.2.0/24"},
		"WebRTCApp": {"jwtControlEnabled": "true", "jwtSecretKey": strings.Repeat("geheim-0815-", 4)},
	}, nil)
	clip := airtest.Clips(t, airtest.Plain1)[0]
	soon := time.Now().Add(time.Hour).Unix()
	ams.Create("planned", map[string]any{"plannedStartDate": soon, "plannedEndDate": soon + 3600})
	url := func(app string) string { return strings.Replace(ams.URL("row4"), "/LiveApp/", "/"+app+"/", 1) }
	api := func(app string) string { return strings.Replace(ams.API(), "/LiveApp", "/"+app, 1) }

	refused := airtest.Airloom(t, airtest.Setup{Items: airtest.Items(clip), Sections: map[string]string{
		"outputs": fmt.Sprintf("[{name: nowhere, url: %q}, {name: unknown, url: %q}, {name: planned, url: %q}]",
			url("nosuchapp"), ams.URL("unknown"), ams.URL("planned")),
		"antmedia": fmt.Sprintf("{api: %q, create: false}", ams.API()),
	}})
	forbidden := airtest.Airloom(t, airtest.Setup{Output: url("live"), Items: airtest.Items(clip), Sections: map[string]string{
		"antmedia": fmt.Sprintf("{api: %q}", api("live")),
	}})
	token := airtest.Airloom(t, airtest.Setup{Output: url("WebRTCApp"), Items: airtest.Items(clip), Sections: map[string]string{
		"antmedia": fmt.Sprintf("{api: %q, token: \"wrong.geheim-4711.token\"}", api("WebRTCApp")),
	}})
	made := airtest.Airloom(t, airtest.Setup{Output: ams.URL("made"), Items: airtest.Items(clip), Sections: map[string]string{
		"antmedia": fmt.Sprintf("{api: %q}", ams.API()),
	}})

	causes := map[string]string{"nowhere": "app-unknown", "unknown": "id-unknown", "planned": "not-now"}
	words := map[string]string{
		"nowhere": "No scope 'nosuchapp'|does not know the app", // its words, where they come before the end of the connection
		"unknown": "it takes only ids that it knows", "planned": "is planned there from",
	}
	refused.Until(20*time.Second, "every cause is known", func(s control.Status) bool {
		for _, o := range s.Outputs {
			if o.Cause != causes[o.Name] {
				return false
			}
		}
		return len(s.Outputs) == len(causes)
	})
	for _, o := range lastStatus(t, refused).Outputs {
		t.Log(o.Name, o.Cause, o.LastError)
		require.Regexp(t, words[o.Name], o.LastError)
		require.Positive(t, refused.Logged(fmt.Sprintf("output=%s .*cause=%s", o.Name, o.Cause)), "in the log")
	}
	made.Publishing(10 * time.Second) // what is not known there, is made there
	for name, x := range map[string]struct {
		ch    *airtest.Channel
		cause string
		words string
	}{"IP filter": {forbidden, "forbidden", "403 Not allowed IP"}, "wrong JWT": {token, "credential", "403 Invalid App JWT Token"}} {
		x.ch.Publishing(10 * time.Second) // all the same
		x.ch.Until(10*time.Second, name+" is told", func(s control.Status) bool { return s.Arrival.Cause == x.cause })
		s := lastStatus(t, x.ch)
		t.Log(name, s.Arrival.State, s.Arrival.Detail)
		require.Equal(t, "not-proven", s.Arrival.State)
		require.Contains(t, s.Arrival.Detail, x.words)
	}
	token.Until(5*time.Second, "an alert", func(s control.Status) bool {
		for _, a := range s.Alerts {
			if a.Code == "antmedia-credential" {
				return true
			}
		}
		return false
	})
	for _, ch := range []*airtest.Channel{refused, forbidden, token} {
		require.NotContains(t, ch.Log(), "geheim")
	}

	ams.Kill() // and back at the limit of its resources
	ams.SetServer(map[string]string{"server.memory_limit_percentage": "1"})
	ams.Start()
	busy := func(s control.Status) bool { return s.Output.Cause == "server-busy" }
	made.Until(20*time.Second, "it is told to be busy", busy)
	s := lastStatus(t, made)
	t.Log(s.Output.LastError)
	require.Contains(t, s.Output.LastError, "current system resources not enough")
	airtest.Eventually(t, 10*time.Second, "it is in the log", func() bool { return made.Logged("cause=server-busy") > 0 }) // other words: 5 s apart
}
