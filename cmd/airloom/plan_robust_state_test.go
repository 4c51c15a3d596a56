package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// trouble is a channel on air whose state folder is ill-treated.
type trouble struct {
	*airtest.Channel
	srv   *airtest.Server
	clips []airtest.Clip
	m     airtest.Machine
	state string
}

func troubled(t *testing.T, s airtest.Setup, before func(dir string)) *trouble {
	t.Helper()
	tr := &trouble{clips: airtest.Clips(t, airtest.Second1, airtest.Plain1, airtest.Second2, airtest.Plain2)}
	airtest.Binary(t)
	tr.srv, tr.m = airtest.NGINX(t), airtest.Watch()
	s.Output, s.Items = tr.srv.URL("x"), airtest.Items(tr.clips...)
	tr.state = t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(tr.state), 0o755))
	if os.Geteuid() == 0 && s.User {
		require.NoError(t, os.Chown(tr.state, 65534, 65534))
	}
	s.Sections = map[string]string{"state": fmt.Sprintf("{dir: %q}", tr.state)}
	before(tr.state)
	tr.Channel = airtest.Airloom(t, s)
	tr.Publishing(10 * time.Second)
	return tr
}

// alert waits until the alert stands, in these words, or is gone ("").
func (tr *trouble) alert(within time.Duration, code, words string) {
	tr.Until(within, fmt.Sprintf("the alert %s says %q", code, words), func(s control.Status) bool {
		message := alertOf(s, code)
		return message == "" && words == "" || words != "" && strings.Contains(message, words)
	})
}

// commands waits until the control socket answers.
func (tr *trouble) commands(t *testing.T) {
	airtest.Eventually(t, 10*time.Second, "commands are taken", func() bool { return tr.Do("ctl", "log").Code == 0 })
}

// end stops the channel, and fails the test if the air has noticed anything, or if
// the as-run log has not all of it.
func (tr *trouble) end(t *testing.T, wholeLog bool) {
	t.Helper()
	s := lastStatus(t, tr.Channel)
	others := tr.m.Others()
	_, code := tr.Stop()
	require.Zero(t, code)
	r := airtest.Analyse(t, tr.srv.Recordings()[0], tr.clips, airtest.DefaultHouse)
	r.Excuse = airtest.ExcuseOf(s, others)
	t.Logf("others took %.0f %% of the machine; forgiven: %+v", 100*others, r.Excuse)
	r.RequireContiguous(t)
	r.RequireOrder(t, tr.clips)
	r.RequireJoins(t)
	r.RequireSound(t)
	rows := tr.AsRun()
	requireAbut(t, rows)
	last := rows[len(rows)-1]
	require.GreaterOrEqual(t, last.Tick+last.Ticks, s.Tick)
	if !wholeLog {
		return
	}
	require.Zero(t, rows[0].Tick)
	for _, row := range rows {
		require.Contains(t, []string{"played", "cut"}, row.Outcome, "%+v", row)
	}
}

// A state folder that may not be written when the channel starts, that loses its
// right for a while, that is taken away as a whole: the air goes on, an alert says
// what to do, and all that aired is written once it can be.
func TestPlan06StateReadOnlyAndGone(t *testing.T) {
	t.Parallel()
	tr := troubled(t, airtest.Setup{User: true}, func(dir string) { require.NoError(t, os.Chmod(dir, 0o555)) })
	tr.alert(5*time.Second, "state", "may not write in the state directory")
	airtest.Stay(t, time.Second, func() string { return ended(tr.Channel) })
	require.NoError(t, os.Chmod(tr.state, 0o755))
	tr.alert(15*time.Second, "state", "")
	tr.commands(t)
	require.NoError(t, os.RemoveAll(tr.state))
	airtest.Eventually(t, 5*time.Second, "the state is made again", func() bool {
		_, err := os.Stat(filepath.Join(tr.state, "airloom.db"))
		return err == nil || os.Geteuid() == 0
	})
	if os.Geteuid() == 0 { // nobody may make a folder there
		require.NoError(t, os.Mkdir(tr.state, 0o755))
		require.NoError(t, os.Chown(tr.state, 65534, 65534))
	}
	tr.alert(15*time.Second, "state", "")
	tr.commands(t)
	tr.end(t, false)
}

// A disk that is full for a while.
func TestPlan06StateFull(t *testing.T) {
	t.Parallel()
	tr := troubled(t, airtest.Setup{}, func(dir string) {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Skipf("only root can have a small disk: %v", err)
		}
		t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	})
	tr.commands(t)
	big := filepath.Join(tr.state, "big")
	fill(t, big)
	tr.alert(10*time.Second, "state", "is full: free some space")
	airtest.Stay(t, 2*time.Second, func() string { return ended(tr.Channel) })
	require.NoError(t, os.Remove(big))
	tr.alert(15*time.Second, "state", "")
	tr.commands(t)
	tr.end(t, true)
}

// fill writes until there is no more room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			require.ErrorIs(t, err, syscall.ENOSPC)
			size /= 2
		}
	}
}

// A state file that is damaged when the channel starts, and one that is damaged
// under its hands: it is kept, a new one is begun, an alert says so.
func TestPlan06StateDamaged(t *testing.T) {
	t.Parallel()
	garbage := []byte(strings.Repeat("no database ", 8000))
	tr := troubled(t, airtest.Setup{}, func(dir string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "airloom.db"), garbage, 0o600))
	})
	tr.alert(5*time.Second, "state-damaged", "was damaged")
	airtest.Stay(t, 2500*time.Millisecond, func() string { return ended(tr.Channel) })
	for _, part := range []string{"", "-wal"} {
		f, err := os.OpenFile(filepath.Join(tr.state, "airloom.db"+part), os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteAt(garbage, 0)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	airtest.Eventually(t, 20*time.Second, "the damage is found, and both files are kept", func() bool {
		kept, _ := filepath.Glob(filepath.Join(tr.state, "airloom.db.damaged-*"))
		n := 0
		for _, k := range kept {
			if !strings.HasSuffix(k, "-wal") && !strings.HasSuffix(k, "-shm") {
				n++
			}
		}
		return n == 2
	})
	tr.alert(10*time.Second, "state", "")
	tr.commands(t)
	airtest.Stay(t, 1500*time.Millisecond, func() string { return ended(tr.Channel) })
	tr.end(t, false)
}
