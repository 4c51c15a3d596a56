package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/playout/control"
	"airloom/web"
)

func TestDoctorJudgesTheEncoder(t *testing.T) {
	for _, c := range []struct {
		speed, cores float64
		busy         bool
		want         string
	}{
		{8, 0.4, false, isOK},
		{8, 0.4, true, isOK},
		{1.9, 0.9, false, isWarning},
		{1.2, 1.1, false, isWarning},
		{0.9, 1.5, false, isError},
		{0.4, 0.5, true, isInfo}, // the machine is busy, and has enough
		{0.4, 1.2, true, isWarning},
		{0.4, 1.9, true, isError},
	} {
		f := measured{c.speed, c.cores}.judge("it", 2, c.busy)
		require.Equal(t, c.want, f[0].Level, "%+v: %s", c, f[0].Detail)
		require.Equal(t, c.want == isOK, f[0].Remedy == "")
	}
	on := &control.Status{UptimeS: 3600, Tick: 90000, Encoder: control.Encoder{Speed: 1, SkippedTicks: 3}}
	require.Equal(t, fine("On air for 1h0m0s, it has skipped 3 of 90000 pictures; it runs at 1.00 of real time now."), onAirSpeed(on))
	on.Encoder.Speed = 0.8
	require.Equal(t, isWarning, onAirSpeed(on)[0].Level)
}

func TestDoctorCountsClips(t *testing.T) {
	require.Equal(t, fine("12 clips that the playlists name, and all can play."), clipWords(12, 0, nil))
	found := clipWords(12, 3, []string{"a (x)", "b (y)", "c", "d", "e", "f", "g"})
	require.Equal(t, isWarning, found[0].Level)
	require.Contains(t, found[0].Detail, "7 of 12 clips that the playlists name cannot play: a (x); b (y); c; d; e; and 2 more.")
	require.Equal(t, isInfo, found[1].Level)
	require.Contains(t, found[1].Detail, "3 have not been looked at yet")
}

func TestDoctorSaysHowMuchRoomThereIs(t *testing.T) {
	dir := t.TempDir()
	require.Equal(t, isOK, diskIs("x", filepath.Join(dir, "to", "be", "made"), 1, 2, "")[0].Level)
	require.Equal(t, isWarning, diskIs("x", dir, 1, 1<<62, "It matters.")[0].Level)
	full := diskIs("x", dir, 1<<62, 1<<62, "It matters.")[0]
	require.Equal(t, isError, full.Level)
	require.True(t, strings.HasSuffix(full.Detail, " It matters."), full.Detail)
	require.Equal(t, "999 B, 1.0 kB, 43 MB, 9.9 GB, 5.0 TB", strings.Join([]string{size(999), size(1000), size(43e6), size(99e8), size(5e12)}, ", "))
}

// Recordings have a disk of their own to fill; schemes that FFmpeg does not know are told.
func TestDoctorKnowsWhatIsSwitchedOn(t *testing.T) {
	x := &exam{cfg: configs.Default()}
	x.cfg.State.Dir, x.cfg.Media.Root = t.TempDir(), t.TempDir()
	require.Len(t, x.disksAre(t.Context()), 2)
	x.cfg.Record.Dir = t.TempDir()
	require.Equal(t, "Disk space for recordings", x.disksAre(t.Context())[2].Title)
	require.Equal(t, titled("Recordings", fine("They can be written in %s.", x.cfg.Record.Dir)), x.disksAre(t.Context())[3:])
	x.cfg.Record.Dir = filepath.Join(x.cfg.Record.Dir, "to", "be", "made")
	require.Equal(t, isOK, x.disksAre(t.Context())[3].Level)
	x.cfg.Record.Dir = filepath.Join(locked(t), "recordings")
	require.Equal(t, isError, x.disksAre(t.Context())[3].Level)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	x.cfg.Record.Dir = file
	require.Contains(t, x.disksAre(t.Context())[3].Detail, "not a directory")
	x.cfg.Record.Dir = ""

	require.Empty(t, x.cannotRead())
	x.cfg.Media.Schemes = []string{"rtsp", "gopher", "srt"}
	require.Equal(t, []string{"gopher"}, x.cannotRead())
	require.Contains(t, x.ffmpegIs(t.Context())[0].Detail, "cannot read by gopher, which media.schemes allows")
}

// Storage that hangs keeps nobody from the rest.
func TestDoctorDoesNotWaitForEver(t *testing.T) {
	x, stuck := &exam{}, make(chan struct{})
	defer close(stuck)
	began := time.Now()
	f := x.one(t.Context(), look{"It", 10 * time.Millisecond, func(*exam, context.Context) []web.Finding { <-stuck; return nil }, 0, "Do this."})
	require.Less(t, time.Since(began), 5*time.Second)
	require.Equal(t, isWarning, f[0].Level)
	require.Equal(t, "Do this.", f[0].Remedy)
	for _, l := range looks {
		require.Equal(t, map[string]string{"Outputs": lateServers, "Encoder": lateEncoder, "FFmpeg": lateMachine, "Clock": lateMachine, "Machine": lateMachine,
			"File limit": lateMachine, "Workers' fences": lateMachine}[l.title], strings.ReplaceAll(l.late, lateStorage, ""), l.title)
	}
	f = x.one(t.Context(), look{"It", 10 * time.Millisecond, func(_ *exam, ctx context.Context) []web.Finding { <-ctx.Done(); return fine("after all") }, 0, ""})
	require.Equal(t, "after all", f[0].Detail)
}

// locked is a folder that cannot be written to.
func locked(t *testing.T) string {
	if os.Geteuid() == 0 {
		return "/proc/1" // even root cannot
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	return dir
}

func TestDoctorSaysWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	require.Empty(t, cannotWrite("Media", dir, "no"))
	require.Empty(t, cannotWrite("Media", filepath.Join(dir, "gone"), "no"), "which is told otherwise")
	dir = locked(t)
	f := cannotWrite("Media", dir, "the desk cannot")
	require.Len(t, f, 1)
	require.Equal(t, isInfo, f[0].Level)
	require.Contains(t, f[0].Detail, "Media in "+dir+" cannot be changed by the user ")
	require.Contains(t, f[0].Remedy, "ReadWritePaths")
}

func TestVariablesAreLeftOut(t *testing.T) {
	require.Equal(t, []string{"A=1", "NOTIFY=2"}, withoutVariable([]string{"A=1", "NOTIFY_SOCKET=x", "NOTIFY=2"}, "NOTIFY_SOCKET"))
}

// What root may, the channel may not.
func TestDoctorTellsRootWhoTheChannelIs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root's rights")
	}
	x := &exam{cfg: configs.Default()}
	x.cfg.State.Dir = t.TempDir()
	require.Empty(t, x.userIs(t.Context()))
	require.NoError(t, os.Chown(x.cfg.State.Dir, 65534, 65534))
	f := x.userIs(t.Context())
	require.Equal(t, isInfo, f[0].Level)
	require.Contains(t, f[0].Detail, "the channel runs as nobody")
	require.Contains(t, f[0].Remedy, "sudo -u nobody airloom doctor")
}

// One examination at a time: where the last one hangs, the next is refused and not started.
func TestDoctorIsNotStartedTwice(t *testing.T) {
	c := &channel{path: filepath.Join(t.TempDir(), "none.yaml")}
	c.system.examining.Store(true)
	_, err := c.examine(t.Context())
	require.ErrorContains(t, err, "hangs on the storage still")
}
