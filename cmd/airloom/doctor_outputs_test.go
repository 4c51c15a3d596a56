package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/configs"
	"airloom/output/antmedia"
	"airloom/playout/control"
	"airloom/web"
)

func examOf(url string) *exam {
	cfg := configs.Default()
	cfg.Channel.Timezone = "UTC"
	cfg.Outputs = []configs.Output{{Name: "main", URL: configs.TargetOf(url)}}
	return &exam{cfg: cfg}
}

// A port that nobody answers at is told step by step, and as what it is.
func TestDoctorTellsHowFarItCame(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	found := examOf("rtmp://" + addr + "/live/s3cret").outputsAre(t.Context())
	require.Len(t, found, 2)
	require.Equal(t, isOK, found[0].Level)
	require.Equal(t, "Output main, name", found[0].Title)
	require.Equal(t, "Output main, reach", found[1].Title)
	require.Equal(t, isError, found[1].Level)
	require.Equal(t, "unreachable", found[1].Cause)
	require.Contains(t, found[1].Detail, "Connection refused: nothing listens on "+addr)
	require.NotEmpty(t, found[1].Remedy)
	for _, f := range found {
		require.NotContains(t, f.Detail+f.Why+f.Remedy, "s3cret")
	}
}

// A running channel's own word counts; what publishes is left alone.
func TestDoctorAsksTheChannelOfItsOutputs(t *testing.T) {
	x := examOf("rtmp://127.0.0.1:1/live/s3cret")
	x.status = &control.Status{Outputs: []control.Output{{Name: "main", State: control.Publishing, Target: "rtmp://x/live/…", Since: time.Unix(0, 0)}}}
	found := x.outputsAre(t.Context())
	require.Len(t, found, 1)
	require.Equal(t, "Output main", found[0].Title)
	require.Equal(t, "It has been publishing to rtmp://x/live/… since 1970-01-01 00:00:00. So the id is left alone, and not tried.", found[0].Detail)
	x.status.Outputs[0].State = control.Stopped
	require.Equal(t, isInfo, x.outputsAre(t.Context())[0].Level)
	x.status.Outputs[0] = control.Output{Name: "main", State: control.Waiting, Attempt: 7, LastError: "no such app", Cause: "app-unknown"}
	found = x.outputsAre(t.Context())
	require.Equal(t, isError, found[0].Level)
	require.Equal(t, "app-unknown", found[0].Cause)
	require.Equal(t, "It is not publishing. At attempt 7 it heard: no such app.", found[0].Detail)
	require.NotEmpty(t, found[0].Remedy)
}

// With services that know a stream by its secret alone no other is tried.
func TestDoctorKnowsKeysThatAreAll(t *testing.T) {
	for url, is := range map[string]bool{
		"rtmps://a.rtmps.youtube.com/live2/k": true, "rtmps://live-api-s.facebook.com:443/rtmp/k": true,
		"rtmp://notyoutube.com/live2/k": false, "rtmp://ams.example/LiveApp/k": false,
	} {
		require.Equal(t, is, keyIsAll(configs.Output{URL: configs.TargetOf(url)}), url)
	}
	require.True(t, keyIsAll(configs.Output{URL: configs.TargetOf("rtmp://proxy.example/x/k"), Preset: "twitch"}))
}

// byTitle is the findings by what stands behind the output's name.
func byTitle(list []web.Finding) map[string]web.Finding {
	m := map[string]web.Finding{}
	for _, f := range list {
		m[strings.TrimPrefix(f.Title, "Output main, ")] = f
	}
	return m
}

// Real servers take the trial, and are left without a session.
func TestDoctorTriesServers(t *testing.T) {
	t.Parallel()
	nginx := airtest.NGINX(t)
	found := examOf(nginx.URL("ch1") + "?token=s3cret").outputsAre(t.Context())
	require.Len(t, found, 5)
	for i, title := range []string{"name", "reach", "handshake", "app", "publish"} {
		require.Equal(t, "Output main, "+title, found[i].Title)
		require.Equal(t, isOK, found[i].Level, found[i].Detail)
		require.NotContains(t, found[i].Detail, "s3cret")
	}
	airtest.Eventually(t, 5*time.Second, "it has left", func() bool {
		return strings.Contains(nginx.Log(), "deleteStream")
	})
	require.Contains(t, nginx.Log(), "ch1-airloom-doctor-")
	require.NotContains(t, nginx.Log(), "name='ch1'")

	lal := airtest.Lal(t)
	list := byTitle(examOf(lal.RTSP("ch1")).outputsAre(t.Context()))
	require.Len(t, list, 4)
	require.Equal(t, isOK, list["publish"].Level, list["publish"].Detail)
}

// api is a server that answers as Ant Media Server's REST API does, beside a real
// RTMP server.
type api struct {
	version string
	off     time.Duration // its clock
	refuse  string        // the words of a 403
	answer  string        // of a broadcast; "": 404
}

func (a api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().Add(a.off).UTC().Format(http.TimeFormat))
	switch {
	case a.refuse != "":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"message":%q}`, a.refuse)
	case strings.HasSuffix(r.URL.Path, "/rest/v2/version"):
		fmt.Fprintf(w, `{"versionName":%q,"versionType":"Community Edition"}`, a.version)
	case a.answer == "":
		http.NotFound(w, r)
	default:
		fmt.Fprint(w, a.answer)
	}
}

// What the API says becomes findings, each with its own cause.
func TestDoctorAsksTheAPI(t *testing.T) {
	t.Parallel()
	nginx := airtest.NGINX(t)
	for name, c := range map[string]struct {
		api                 api
		title, level, cause string
		words               string
	}{
		"well":        {api{version: antmedia.Tested}, "API", isOK, "", "the version that airloom is tested with"},
		"clocks":      {api{version: antmedia.Tested}, "clocks", isOK, "", "agree"},
		"not tried":   {api{version: "3.0.3"}, "API", isInfo, "version-untried", "This version has not been tried with airloom: " + antmedia.Tested + " has"},
		"ahead":       {api{version: antmedia.Tested, off: time.Minute}, "clocks", isWarning, "clocks-apart", "ahead of this one"},
		"behind":      {api{version: antmedia.Tested, off: -4 * time.Second}, "clocks", isWarning, "clocks-apart", "behind this one"},
		"nearly":      {api{version: antmedia.Tested, off: time.Second}, "clocks", isOK, "", ""},
		"wrong token": {api{refuse: "Invalid App JWT Token"}, "API", isWarning, "credential", "does not accept our token"},
		"forbidden":   {api{refuse: "Not allowed IP"}, "API", isWarning, "forbidden", "forbids our address"},
		"held": {api{version: antmedia.Tested, answer: `{"streamId":"ch1","status":"broadcasting","type":"liveStream","startTime":1,"width":640,"height":360}`},
			"stream id", isError, "id-in-use", "Somebody else sends under this stream id"},
		"planned": {api{version: antmedia.Tested, answer: `{"streamId":"ch1","status":"created","type":"liveStream","plannedStartDate":4000000000,"plannedEndDate":4000000100}`},
			"stream id", isError, "not-now", "The stream is planned there"},
		"known": {api{version: antmedia.Tested, answer: `{"streamId":"ch1","status":"created","type":"liveStream"}`}, "stream id", isOK, "", "nobody sends under it"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.api)
			defer server.Close()
			u, err := url.Parse(nginx.URL("ch1"))
			require.NoError(t, err)
			app, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
			x := examOf(nginx.URL("ch1"))
			x.cfg.AntMedia.API = server.URL + "/" + app
			list := byTitle(x.outputsAre(t.Context()))
			require.Equal(t, isOK, list["publish"].Level, "the stream does without the API")
			f := list[c.title]
			require.Equal(t, c.level, f.Level, f.Detail)
			require.Equal(t, c.cause, f.Cause)
			require.Contains(t, f.Detail, c.words)
			require.Equal(t, c.level == isOK || c.level == isInfo, f.Remedy == "", f.Remedy)
		})
	}
}

// Of what publishes, the server is asked what arrives; nothing is sent.
func TestDoctorAsksWhatArrives(t *testing.T) {
	for answer, cause := range map[string]string{
		`{"streamId":"ch1","status":"broadcasting","type":"liveStream","startTime":1,"width":640,"height":360,"speed":1}`: "",
		"": "not-received",
	} {
		server := httptest.NewServer(api{version: antmedia.Tested, answer: answer})
		x := examOf("rtmp://127.0.0.1:1/LiveApp/ch1")
		x.cfg.AntMedia.API = server.URL + "/LiveApp"
		x.status = &control.Status{Outputs: []control.Output{{Name: "main", State: control.Publishing, Target: "rtmp://x/LiveApp/…"}}}
		list := byTitle(x.outputsAre(t.Context()))
		server.Close()
		require.Equal(t, cause, list["stream id"].Cause, "%+v", list["stream id"])
		require.NotContains(t, list, "reach")
		if cause == "" {
			require.Contains(t, list["stream id"].Detail, "The server receives it: 640x360 at 1.00 of real time")
			continue
		}
		require.NotContains(t, list["stream id"].Why, "acceptOnlyStreamsInDataStore")
		require.Contains(t, list["stream id"].Remedy, "Compare antmedia.api with the output's url")
	}
}

// Whose session holds the id of a channel on air, the channel tells: each has its own
// cause and remedy, and none asks for what is set already.
func TestDoctorTellsWhoHoldsTheID(t *testing.T) {
	const held = `{"streamId":"ch1","status":"broadcasting","type":"liveStream","startTime":1,"width":640,"height":360}`
	server := httptest.NewServer(api{version: antmedia.Tested, answer: held})
	defer server.Close()
	for name, c := range map[string]struct {
		own                  control.Output
		takeover             bool
		level, cause, remedy string
	}{
		"ours":     {control.Output{State: control.Waiting, Cause: "ghost", LastError: "x"}, false, isWarning, "ghost", "the channel has the server end it"},
		"stranger": {control.Output{State: control.Waiting, Cause: "id-in-use", LastError: "x"}, false, isError, "id-in-use", "antmedia.takeover: true"},
		"taken":    {control.Output{State: control.Waiting, Cause: "id-in-use", LastError: "x"}, true, isInfo, "id-in-use", ""},
		"stopped":  {control.Output{State: control.Stopped, Cause: "ghost"}, false, isInfo, "id-in-use", ""},
		"not told": {control.Output{State: control.Connecting}, false, isWarning, "id-held", "Look again in 20 s"},
	} {
		x := examOf("rtmp://127.0.0.1:1/LiveApp/ch1")
		x.cfg.AntMedia.API, x.cfg.AntMedia.Takeover = server.URL+"/LiveApp", c.takeover
		c.own.Name = "main"
		x.status = &control.Status{Outputs: []control.Output{c.own}}
		a := x.antMediaOf(x.cfg.Outputs[0])
		a.ask(t.Context(), "ch1", false)
		f := byTitle(a.found)["stream id"]
		require.Equal(t, []string{c.level, c.cause}, []string{f.Level, f.Cause}, "%s: %+v", name, f)
		require.Contains(t, f.Remedy, c.remedy, name)
		require.NotContains(t, f.Remedy, "antmedia.api set", name)
		require.Equal(t, c.level == isInfo, f.Remedy == "", "%s: %s", name, f.Remedy)
		own, _ := x.ownWord(x.cfg.Outputs[0])
		for _, f := range own {
			require.NotContains(t, f.Remedy, "antmedia.api set", name)
		}
	}
}

// While RTMP does not answer, the API is not asked.
func TestDoctorLeavesAServerThatStartsAlone(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	x := examOf(fmt.Sprintf("rtmp://127.0.0.1:%d/LiveApp/ch1", airtest.FreePort(t)))
	x.cfg.AntMedia.API = server.URL + "/LiveApp"
	list := byTitle(x.outputsAre(t.Context()))
	require.Equal(t, "unreachable", list["reach"].Cause)
	require.Equal(t, isInfo, list["API"].Level)
	require.False(t, asked)
}

// The two settings are told by what a playlist does over a gap.
func TestDoctorJudgesTheJoint(t *testing.T) {
	list := func(first, n int, more ...string) string {
		return fmt.Sprintf("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:%d\n", first) + strings.Repeat("#EXTINF:2.0,\nx.ts\n", n) + strings.Join(more, "\n")
	}
	joined := list(0, 2) + "#EXT-X-DISCONTINUITY\n" + "#EXTINF:2.0,\nx.ts\n"
	for name, c := range map[string]struct {
		j     joint
		words []string // none: it is well
	}{
		"well":         {joint{"ch1-x", list(0, 2), list(0, 2), joined, false}, nil},
		"scrolled":     {joint{"ch1-x", list(7, 5), list(7, 5), "#EXT-X-DISCONTINUITY\n" + list(9, 5), false}, nil},
		"as delivered": {joint{"ch1-x", list(0, 2), list(0, 3, "#EXT-X-ENDLIST"), list(0, 1), true}, []string{"begins anew", "marked as ended", "are deleted"}},
		"not deleted":  {joint{"ch1-x", list(0, 2), list(0, 3, "#EXT-X-ENDLIST"), list(0, 1), false}, []string{"begins anew", "marked as ended"}},
		"only marked":  {joint{"ch1-x", list(0, 2), list(0, 2), "#EXT-X-DISCONTINUITY\n" + list(0, 1), false}, []string{"begins anew"}},
		"ends":         {joint{"ch1-x", list(0, 2), list(0, 2, "#EXT-X-ENDLIST"), joined, false}, []string{"marked as ended"}},
		"deletes":      {joint{"ch1-x", list(0, 2), list(0, 2), joined, true}, []string{"are deleted"}},
	} {
		f := c.j.judge("http://h:5080/LiveApp")[0]
		require.Equal(t, !c.j.deleted, strings.Contains(f.Detail, "stay on the server: streams/ch1-x*"), "%s: %s", name, f.Detail)
		if c.words == nil {
			require.Equal(t, isOK, f.Level, name)
			continue
		}
		require.Equal(t, isWarning, f.Level, name)
		require.Equal(t, "hls-reconnect", f.Cause)
		for _, w := range []string{"begins anew", "marked as ended", "are deleted"} {
			require.Equal(t, slices.Contains(c.words, w), strings.Contains(f.Detail, w), "%s: %s", name, f.Detail)
		}
		require.Contains(t, f.Remedy, "webapps/LiveApp")
		require.Contains(t, f.Remedy, "\nsettings.deleteHLSFilesOnEnded=false\nsettings.hlsflags=delete_segments+program_date_time+append_list+omit_endlist")
	}
	require.Equal(t, isInfo, joint{}.judge("http://h:5080/LiveApp")[0].Level)
}
