package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/configs"
	"airloom/web"
)

// amsExam looks at a server as a config with that app, API token and lines does.
func amsExam(t *testing.T, s *airtest.AntMedia, app string, lines ...string) *exam {
	t.Helper()
	file := filepath.Join(t.TempDir(), "airloom.yml")
	text := "output: {url: \"" + strings.Replace(s.URL("ch1"), "LiveApp", app, 1) + "\"}\n" +
		"antmedia: {api: \"" + strings.Replace(s.API(), "LiveApp", app, 1) + "\", " + strings.Join(lines, ", ") + "}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	cfg, problems := configs.Load(file)
	require.False(t, problems.Fatal(), "%v", problems)
	return &exam{cfg: cfg}
}

// jwt is a token that the app with that secret accepts.
func jwt(secret string) string {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(`{"sub":"token"}`))
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + part(h.Sum(nil))
}

// Row 4: what is wrong with a server is told as what it is, each by its own cause.
// One server has the applications: as delivered; taking only what it knows, and that
// by a token, and kind to who watches by HLS; closed to our address.
func TestAMSDoctor(t *testing.T) {
	const secret = "a-secret-of-thirty-two-characters"
	strict := map[string]string{"acceptOnlyStreamsInDataStore": "true", "jwtControlEnabled": "true", "jwtSecretKey": secret}
	maps.Copy(strict, airtest.ViewersSettings())
	s := airtest.AMSApps(t, map[string]map[string]string{
		"LiveApp":   {"hlsTime": "1", "hlsListSize": "8"},
		"live":      strict,
		"WebRTCApp": {"remoteAllowedCIDR": "192.0.2.0/24"},
	}, nil)
	is := func(f web.Finding, level, cause string) {
		t.Helper()
		require.Equal(t, []string{level, cause}, []string{f.Level, f.Cause}, "%+v", f)
		require.Equal(t, level == isOK, f.Remedy == "", "%+v", f)
	}

	x := amsExam(t, s, "LiveApp", "takeover: false")
	x.thorough = true
	list := byTitle(x.outputsAre(t.Context()))
	for _, title := range []string{"name", "reach", "handshake", "app", "publish", "API", "clocks", "stream id"} {
		is(list[title], isOK, "")
	}
	is(list["HLS"], isWarning, "hls-reconnect")
	for _, words := range []string{"begins anew", "marked as ended", "are deleted"} {
		require.Contains(t, list["HLS"].Detail, words)
	}
	_, known := s.Broadcast("ch1-airloom-doctor")
	require.False(t, known, "the doctor leaves no broadcast behind")

	list = byTitle(amsExam(t, s, "nosuchapp", "takeover: false").outputsAre(t.Context()))
	is(list["app"], isError, "app-unknown")

	file := filepath.Join(t.TempDir(), "airloom.yml")
	require.NoError(t, os.WriteFile(file, []byte("output: {url: \""+s.URL("")+"\"}\n"), 0o600))
	empty := &exam{path: file}
	empty.cfg, empty.problems = loadConfig(file)
	is(empty.configIs(t.Context())[0], isError, "")

	list = byTitle(amsExam(t, s, "live", `token: "`+jwt("another")+`"`).outputsAre(t.Context()))
	is(list["API"], isWarning, "credential")
	is(list["publish"], isWarning, "no-reason")

	good := `token: "` + jwt(secret) + `"`
	list = byTitle(amsExam(t, s, "live", good, "create: false").outputsAre(t.Context()))
	is(list["API"], isOK, "")
	is(list["publish"], isError, "id-unknown")
	x = amsExam(t, s, "live", good)
	x.thorough, x.deletes = true, 5*time.Second
	list = byTitle(x.outputsAre(t.Context()))
	is(list["publish"], isOK, "")
	require.Contains(t, list["publish"].Detail, "The channel creates the configured one")
	is(list["HLS"], isOK, "")

	list = byTitle(amsExam(t, s, "WebRTCApp", "takeover: false").outputsAre(t.Context()))
	is(list["publish"], isOK, "")
	is(list["API"], isWarning, "forbidden")

	s.Kill() // and back at the limit of its resources
	s.SetServer(map[string]string{"server.memory_limit_percentage": "1"})
	s.Start()
	list = byTitle(amsExam(t, s, "LiveApp", "takeover: false").outputsAre(t.Context()))
	is(list["publish"], isError, "server-busy")
}
