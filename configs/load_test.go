package configs

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func write(t *testing.T, path, text string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func TestPathsAreBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "airloom.yml")
	write(t, filepath.Join(dir, "secrets/key"), "live1\n")
	write(t, path, `
media: {root: /srv/media}
playlists: {watch: lists, base: sub/base.json}
state: {dir: ../state}
web: {tls: {cert: tls/c.pem, key: tls/k.pem}}
output: {url: "rtmp://ams.example/LiveApp/${file:secrets/key}?a=${file:secrets/key}"}
`)
	c, ps := Load(path)
	require.Empty(t, ps.String())
	require.Equal(t, "/srv/media", c.Media.Root)
	require.Equal(t, filepath.Join(dir, "lists"), c.Playlists.Watch)
	require.Equal(t, filepath.Join(dir, "lists/sub/base.json"), c.BasePath())
	require.Equal(t, filepath.Join(filepath.Dir(dir), "state"), c.State.Dir)
	require.Equal(t, filepath.Join(dir, "tls/k.pem"), c.Web.TLS.Key)
	require.Equal(t, "rtmp://ams.example/LiveApp/live1?a=live1", c.Outputs[0].URL.Reveal())
}

func TestStateOfASystemConfig(t *testing.T) {
	for name, want := range map[string]string{
		"/etc/airloom/airloom.yml": "/var/lib/airloom",
		"/etc/airloom/north.yml":   "/var/lib/airloom/north",
		"/opt/airloom/north.yml":   "/opt/airloom/state",
	} {
		c, _ := Parse(name, []byte("output: {url: \"rtmp://a/b/c\"}"))
		require.Equal(t, want, c.State.Dir)
	}
	c, _ := Parse("/etc/airloom/airloom.yml", []byte("state: {dir: here}"))
	require.Equal(t, "/etc/airloom/here", c.State.Dir)
}

// What is brought in is text, whatever it looks like.
func TestExpansionIsOnlyText(t *testing.T) {
	t.Setenv("A", "x, y: [z]\n- \"# ${env:B}")
	t.Setenv("B", "no")
	t.Setenv("N", "640")
	c, ps := Parse("a.yml", []byte("channel: {name: \"a\"}\nantmedia: {api: \"http://a/b\", token: \"<${env:A}>\"}\nhouse: {width: \"${env:N}\", height: 360}\noutput: {url: \"rtmp://a/b/${env:B}\"}\n"))
	require.NoError(t, ps.Err())
	require.Equal(t, "<x, y: [z]\n- \"# ${env:B}>", c.AntMedia.Token.Reveal())
	require.Equal(t, 640, c.House.Width)
}

func TestPositions(t *testing.T) {
	c, ps := Parse("a.yml", []byte("encoder:\n  video:\n    preset: fast\n    options: {aq-mode: 9}\noutputs:\n  - {url: \"rtmp://a/b/c\"}\n  - url: \"rtmp://a/b/d\"\n    name: two\n"))
	require.Empty(t, ps.String())
	at := func(line, column int) Position { return Position{File: "a.yml", Line: line, Column: column} }
	for key, want := range map[string]Position{
		"encoder.video.preset":          at(3, 13),
		"encoder.video.options.aq-mode": at(4, 24),
		"encoder.video.tune":            at(2, 3), // not set: its section
		"encoder.audio.codec":           at(1, 1),
		"outputs[1].name":               at(8, 11),
		"outputs[0].renew_after":        at(6, 5),
		"log.level":                     at(1, 1),
	} {
		require.Equal(t, want, c.Pos(key), key)
	}
	require.Equal(t, "a.yml:3:13: encoder.video.preset: x264 has no such preset", c.Problem("encoder.video.preset", "x264 has no such preset").String())
	require.Equal(t, 1, Default().Pos("log").Line)
	require.Equal(t, []string{"main", "two"}, []string{c.Outputs[0].Name, c.Outputs[1].Name})
	require.Equal(t, 480*time.Hour, c.Outputs[1].RenewAfter)
	require.Equal(t, "outputs[1]", c.Outputs[1].Key)
}

func TestLoadWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	c, ps := Load(filepath.Join(dir, "none.yml"))
	require.EqualError(t, ps.Err(), filepath.Join(dir, "none.yml")+":1:1: there is no such file: create it, or correct its name")
	require.NotNil(t, c)
	require.Equal(t, filepath.Join(dir, "media"), c.Media.Root)
}

func TestZones(t *testing.T) {
	require.Equal(t, "Europe/Berlin", Channel{Timezone: "Europe/Berlin"}.Location().String())
	require.Equal(t, time.Local, Channel{Timezone: "Local"}.Location())
}

func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "airloom.yml")
	write(t, path, `output: {url: "rtmp://a/b/c"}
media: {root: media}
playlists: {watch: lists, base: main.yml}
fallback: {filler: f.mp4, slate: s.png}
`)
	c, ps := Load(path)
	require.Empty(t, ps.String())
	require.Len(t, c.CheckFiles(), 4)
	require.NoError(t, c.CheckFiles().Err(), "nothing that keeps a channel from starting")
	write(t, filepath.Join(dir, "lists/other.yml"), "")
	write(t, filepath.Join(dir, "media/f.mp4/x"), "")
	write(t, filepath.Join(dir, "media/s.png"), "")
	require.Equal(t, ""+
		path+":3:33: warning: playlists.base: "+dir+"/lists/main.yml: no such file or directory; until it is there the slate airs\n"+
		path+":4:20: warning: fallback.filler: "+dir+"/media/f.mp4 is no file; the built-in slate airs in its place\n",
		c.CheckFiles().String())
	require.Equal(t, filepath.Join(dir, "media/s.png"), c.SlatePath())
	c.Fallback.Slate = "/x/s.png"
	require.Equal(t, "/x/s.png", c.SlatePath())
	require.Empty(t, Default().SlatePath())
	c.Web.TLS = TLS{Cert: path, Key: path}
	require.ErrorContains(t, c.CheckFiles().Err(), "cannot use certificate and key")
}

func FuzzParse(f *testing.F) {
	f.Add(Example)
	files, err := filepath.Glob("testdata/*.yml")
	require.NoError(f, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, ps := Parse("/srv/airloom/fuzz.yml", data)
		for _, p := range ps {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("%#v", p)
			}
		}
		if ps.Err() != nil {
			return
		}
		v := c.Encoder.Video
		if len(c.Outputs) == 0 || c.House.Width%2 != 0 || c.House.FPS.Num <= 0 || c.House.FPS.Den <= 0 || v.KeyInt < 1 || v.MaxRate <= 0 {
			t.Fatalf("%+v", c)
		}
		for _, o := range c.Outputs {
			if targetFaults(o.URL.Reveal()) != nil {
				t.Fatal(o.URL.Reveal())
			}
		}
	})
}
