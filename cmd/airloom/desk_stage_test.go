package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/web"
)

// stage is a channel with a desk, and what a browser's test may have done to what
// lies around it.
type stage struct {
	t      *testing.T
	ch     *airtest.Channel
	srv    *airtest.Server
	told   map[string]any // what the browser's side is told
	orders *http.ServeMux // what it may ask for
}

// person is who may sign in at the desk under test.
type person struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// people are the users of the channel under test, as its config names them.
func people(t *testing.T, roles map[string]string) (config string, told map[string]person) {
	t.Helper()
	told = map[string]person{}
	var users []map[string]string
	for name, role := range roles {
		p := person{Name: name, Password: "the word of " + name}
		hash, err := web.HashPassword(p.Password)
		require.NoError(t, err)
		users = append(users, map[string]string{"name": name, "password_hash": hash, "role": role})
		told[name] = p
	}
	text, err := json.Marshal(users)
	require.NoError(t, err)
	return string(text), told
}

// onStage takes a channel and its server as a stage.
func onStage(t *testing.T, ch *airtest.Channel, srv *airtest.Server) *stage {
	s := &stage{t: t, ch: ch, srv: srv, told: map[string]any{}, orders: http.NewServeMux()}
	s.order("server/stop", func(string) { srv.Stop() })
	s.order("server/start", func(string) { srv.Start() })
	s.orders.HandleFunc("POST /drop", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ch.Drop(r.URL.Query().Get("name"), string(body))
	})
	return s
}

// order lets the browser's side have something done.
func (s *stage) order(name string, do func(body string)) {
	s.orders.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		do(string(body))
	})
}

// play runs a file of the browser's tests; a failure shows what it said.
func (s *stage) play(spec string) {
	s.t.Helper()
	ui, err := filepath.Abs("../../web/ui")
	require.NoError(s.t, err)
	chromium, err := exec.LookPath("chromium")
	if _, there := os.Stat(filepath.Join(ui, "node_modules/playwright")); there != nil || err != nil {
		if os.Getenv("AIRLOOM_TOOLS") != "" {
			s.t.Fatal("no chromium, or the desk's packages are not installed: make test installs both")
		}
		s.t.Skip("no chromium, or the desk's packages are not installed: make test installs both")
	}
	control := httptest.NewServer(s.orders)
	defer control.Close()
	s.told["control"] = control.URL
	told, err := json.Marshal(s.told)
	require.NoError(s.t, err)
	cmd := exec.CommandContext(s.t.Context(), "node", "node_modules/playwright/cli.js", "test", spec)
	cmd.Dir = ui
	cmd.Env = append(os.Environ(), "AIRLOOM_URL="+s.ch.URL(""), "AIRLOOM_STAGE="+string(told), "AIRLOOM_CHROMIUM="+chromium, "AIRLOOM_OUT="+s.t.TempDir(), "CI=1")
	out, err := cmd.CombinedOutput()
	s.t.Logf("%s", out)
	require.NoError(s.t, err)
}

// longItems is a playlist of two clips that each stay for a while.
func longItems(t *testing.T) ([]airtest.Clip, []airtest.Item) {
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2)
	items := airtest.Items(clips...)
	for i := range items {
		items[i].More = "duration: 600s, loop: true"
	}
	return clips, items
}

// The whole working day of an operator, in a browser: see web/ui/e2e/day.spec.ts.
func TestDesk01Day(t *testing.T) {
	srv := airtest.NGINX(t)
	clips, items := longItems(t)
	users, told := people(t, map[string]string{"mira": "operator", "jonas": "operator", "vera": "viewer"})
	token, hash := web.NewToken()
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("x"), Items: items, Token: token,
		Web: fmt.Sprintf(`users: %s, tokens: [{name: test, hash: %q, role: viewer}]`, users, hash)})
	s := onStage(t, ch, srv)
	s.told["user"], s.told["other"], s.told["viewer"] = told["mira"], told["jonas"], told["vera"]
	brought := airtest.Clips(t, airtest.HD1)[0]
	path := filepath.Join(t.TempDir(), "brought.mp4")
	require.NoError(t, os.Symlink(brought.Path, path))
	s.told["clips"] = map[string]string{"new": path}
	s.told["ids"] = map[string]int{"long1": clips[0].ID, "long2": clips[1].ID, "brought.mp4": brought.ID}
	s.play("day.spec.ts")
}
