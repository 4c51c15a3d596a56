package airtest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// AMSApps starts a server whose applications, LiveApp, live and WebRTCApp, have
// settings of their own each: by the application's name. Its properties are changed
// by server. The test's end kills it.
func AMSApps(t testing.TB, apps map[string]map[string]string, server map[string]string) *AntMedia {
	t.Helper()
	s := newAMS(t, t.TempDir(), nil)
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("Ant Media Server said:\n%s", tail(s.Log(), 60))
		}
	})
	for app, settings := range apps {
		own := map[string]string{}
		for k, v := range settings {
			own["settings."+k] = v
		}
		if err := setProperties(s.path(filepath.Join("webapps", app, "WEB-INF/red5-web.properties")), own); err != nil {
			t.Fatal(err)
		}
	}
	s.SetServer(server)
	s.Start()
	for app := range apps {
		Eventually(t, time.Minute, app+" has started", func() bool { return strings.Contains(s.Log(), app+" started") })
	}
	return s
}

// SetServer writes properties of the whole server, for the next start.
func (s *AntMedia) SetServer(properties map[string]string) {
	s.t.Helper()
	if err := setProperties(s.path("conf/red5.properties"), properties); err != nil {
		s.t.Fatal(err)
	}
}
