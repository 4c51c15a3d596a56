package record

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/outputtest"
	"airloom/playout/media"
)

// studio is a recorder that is fed, in a bubble of time.
type studio struct {
	*Recorder
	t   *testing.T
	e   *encoder
	dir string

	mu     sync.Mutex
	alerts map[string]string
	raised map[string]bool
	end    func()
}

func inStudio(t *testing.T, change func(*Config), f func(*studio)) {
	outputtest.Coded(t, 100) // made outside of the bubble
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &studio{t: t, e: anEncoder(t), dir: dir, alerts: map[string]string{}, raised: map[string]bool{}}
		cfg := Config{Name: "record", Dir: filepath.Join(dir, "rec"), Each: 10 * time.Second, Keep: time.Hour, Zone: time.UTC, Info: s.e.info}
		cfg.Alert = func(code, message string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.alerts[code] = message; message == "" {
				delete(s.alerts, code)
			} else {
				s.raised[code] = true
			}
		}
		if change != nil {
			change(&cfg)
		}
		var err error
		s.Recorder, err = New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		s.end = sync.OnceFunc(func() {
			cancel()
			require.NoError(t, <-done)
		})
		go func() { done <- s.Run(ctx) }()
		defer s.end()
		synctest.Wait()
		f(s)
	})
}

// air feeds it for a while, at the channel's pace.
func (s *studio) air(d time.Duration) {
	s.t.Helper()
	for range int64(d / (40 * time.Millisecond)) {
		for _, p := range s.e.tickOf() {
			began := time.Now()
			s.Offer(p)
			require.Equal(s.t, began, time.Now(), "an offer waits for nothing")
		}
		time.Sleep(40 * time.Millisecond)
	}
	synctest.Wait()
}

func (s *studio) alert(code string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alerts[code]
}

func names(all []content) (list []string) {
	for _, c := range all {
		list = append(list, c.name)
	}
	return list
}

// Files begin by the zone's clock, at the keyframe that follows, and hold each tick
// once between them.
func TestFilesByTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	inStudio(t, func(c *Config) { c.Zone = berlin }, func(s *studio) {
		require.Equal(t, output.Waiting, s.Status().State)
		time.Sleep(3500 * time.Millisecond)
		s.air(30 * time.Second)
		st := s.Status()
		require.Equal(t, output.Publishing, st.State)
		require.Equal(t, "record", st.Protocol)
		require.Equal(t, s.cfg.Dir, st.Target)
		require.True(t, st.DownSince.IsZero())
		require.EqualValues(t, 3, st.Sessions)
		require.Zero(t, st.Dropped)
		require.Positive(t, st.Bitrate)
		s.end()
		require.Equal(t, output.Stopped, s.Status().State)
		all := readAll(t, s.cfg.Dir)
		require.Equal(t, []string{"2000-01-01T01-00-03+0100.mp4", "2000-01-01T01-00-10+0100.mp4", "2000-01-01T01-00-20+0100.mp4", "2000-01-01T01-00-30+0100.mp4"}, names(all))
		for _, c := range all {
			requireExact(t, c, s.e.grid)
		}
		require.Equal(t, 750, requireOnce(t, all, s.e.grid), "to the last picture")
		require.EqualValues(t, 200, all[1].video[0].n, "the first keyframe after 10 s: that of 8 s and 3.5")
		require.Zero(t, s.Status().Dropped)
	})
}

// In the hour that comes twice, each has its file, with a name of its own.
func TestTheHourThatComesTwice(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	inStudio(t, func(c *Config) {
		c.Zone, c.Each = berlin, time.Hour
		time.Sleep(time.Until(time.Date(2026, 10, 25, 0, 59, 50, 0, time.UTC)))
	}, func(s *studio) {
		s.air(20 * time.Second)
		s.end()
		all := readAll(t, s.cfg.Dir)
		require.Equal(t, []string{"2026-10-25T02-59-50+0200.mp4", "2026-10-25T02-00-00+0100.mp4"}, names(all), "in the order of time")
		require.Equal(t, 500, requireOnce(t, all, s.e.grid))
	})
}

// Whenever the power goes, what was recorded plays to within four seconds.
func TestEveryMomentIsPlayable(t *testing.T) {
	for _, gop := range []int64{25, 50, 250} {
		t.Run(fmt.Sprint(gop), func(t *testing.T) {
			type moment struct {
				data []byte
				tick int64
			}
			var moments []moment
			inStudio(t, func(c *Config) { c.Each = time.Hour }, func(s *studio) {
				s.e.gop = gop
				for range 30 {
					s.air(time.Second)
					list, err := recorded(s.cfg.Dir)
					if err != nil || len(list) == 0 {
						require.LessOrEqual(t, s.e.tick, int64(100))
						continue
					}
					data, err := os.ReadFile(list[0].path)
					require.NoError(t, err)
					moments = append(moments, moment{data, s.e.tick})
				}
			})
			require.GreaterOrEqual(t, len(moments), 25)
			for _, m := range moments {
				c := readFile(t, "moment", m.data)
				require.GreaterOrEqual(t, c.video[len(c.video)-1].n, m.tick-100)
				require.LessOrEqual(t, (m.tick-1)*44100/25-c.audio[len(c.audio)-1].n*1024, int64(4*44100))
			}
		})
	}
}

// Real packets, a file cut off in the middle of a fragment, and a player.
func TestATornFilePlays(t *testing.T) {
	sample := outputtest.Coded(t, 100)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r, err := New(Config{Dir: dir, Each: time.Hour, Keep: time.Hour, Zone: time.UTC, Info: sample.Info})
		require.NoError(t, err)
		feed := &outputtest.Feed{Sample: sample, To: r.Offer}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		feed.Run(ctx)
		require.NoError(t, <-done)
	})
	list, err := recorded(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	whole, err := os.ReadFile(list[0].path)
	require.NoError(t, err)
	torn := filepath.Join(t.TempDir(), "torn.mp4")
	require.NoError(t, os.WriteFile(torn, whole[:len(whole)-len(whole)/8], 0o644))
	for path, least := range map[string]int{list[0].path: 495, torn: 400} {
		out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0", "-f", "framecrc", "-").Output()
		require.NoError(t, err)
		require.GreaterOrEqual(t, strings.Count(string(out), "\n0,"), least, path)
		require.GreaterOrEqual(t, strings.Count(string(out), "\n1,"), least*44100/25/1024, path)
	}
	said, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=start_time", "-of", "csv=p=0", list[0].path).Output()
	require.NoError(t, err)
	require.Equal(t, "0.000000\n0.000000\n", string(said))
}

// What is over its time goes; what does not bear a name of ours, or is no plain
// file, stays.
func TestOldFilesGo(t *testing.T) {
	inStudio(t, func(c *Config) { c.Each, c.Keep = time.Minute, 10*time.Minute }, func(s *studio) {
		require.NoError(t, os.Mkdir(s.cfg.Dir, 0o755))
		at := func(ago time.Duration) string { return nameOf(time.Now().Add(-ago).UTC(), 1) }
		own := []string{at(10*time.Minute + 50*time.Second), at(5 * time.Minute)}
		late := []string{at(11*time.Minute + time.Second), at(time.Hour), nameOf(time.Now().Add(-time.Hour).UTC(), 2), nameOf(time.Now().Add(-2*time.Hour).In(time.FixedZone("", 3600)), 1)}
		others := []string{"1990-01-01.mp4", "film.mp4", "1990-01-01T00-00-00+0000.mkv", "x1990-01-01T00-00-00+0000.mp4", "1990-01-01T00-00-00+0000-123.mp4", "1990-13-01T00-00-00+0000.mp4"}
		for _, name := range append(append(others, own...), late...) {
			require.NoError(t, os.WriteFile(filepath.Join(s.cfg.Dir, name), nil, 0o644))
		}
		require.NoError(t, os.Mkdir(filepath.Join(s.cfg.Dir, "1991-01-01T00-00-00+0000.mp4"), 0o755))
		require.NoError(t, os.Symlink("film.mp4", filepath.Join(s.cfg.Dir, "1992-01-01T00-00-00+0000.mp4")))
		s.air(3 * time.Second)
		for _, name := range append(append(others, own...), "1991-01-01T00-00-00+0000.mp4", "1992-01-01T00-00-00+0000.mp4") {
			_, err := os.Lstat(filepath.Join(s.cfg.Dir, name))
			require.NoError(t, err, name)
		}
		for _, name := range late {
			require.NoFileExists(t, filepath.Join(s.cfg.Dir, name))
		}
		time.Sleep(2 * time.Minute) // and without a new file, too
		require.NoFileExists(t, filepath.Join(s.cfg.Dir, own[0]))
		require.FileExists(t, filepath.Join(s.cfg.Dir, own[1]))
	})
}

// A clock that is years ahead when the machine starts costs no recording; after a
// day it is believed.
func TestAClockThatIsYearsAhead(t *testing.T) {
	inStudio(t, func(c *Config) { c.Each, c.Keep = 10*time.Second, 10*time.Minute }, func(s *studio) {
		require.NoError(t, os.Mkdir(s.cfg.Dir, 0o755))
		var before []string
		for _, ago := range []time.Duration{12 * time.Minute, 3 * time.Hour} {
			before = append(before, filepath.Join(s.cfg.Dir, nameOf(time.Now().Add(-ago).UTC(), 1)))
			require.NoError(t, os.WriteFile(before[len(before)-1], nil, 0o644))
		}
		s.air(25 * time.Second) // three files
		time.Sleep(23 * time.Hour)
		for _, path := range before {
			require.FileExists(t, path)
		}
		time.Sleep(time.Hour + time.Minute)
		for _, path := range before {
			require.NoFileExists(t, path)
		}
	})
}

// An operator's stop closes the file; a start begins another. Nothing is written
// over, whatever names there are.
func TestStopAndStart(t *testing.T) {
	inStudio(t, func(c *Config) { c.Each = time.Hour }, func(s *studio) {
		s.air(5 * time.Second)
		require.NoError(t, s.Stop(context.Background()))
		require.Equal(t, output.Stopped, s.Status().State)
		before := readAll(t, s.cfg.Dir)
		require.Len(t, before, 1)
		require.Len(t, before[0].video, 125)
		s.air(5 * time.Second)
		require.Equal(t, before, readAll(t, s.cfg.Dir))
		require.Zero(t, s.Status().Dropped)
		started := make(chan string, 1)
		for _, n := range []string{"10", "11", "12", "13"} {
			require.NoError(t, os.WriteFile(filepath.Join(s.cfg.Dir, "2000-01-01T00-00-"+n+"+0000.mp4"), []byte("mine"), 0o644))
		}
		go func() { started <- s.Start(context.Background()) }()
		s.air(5 * time.Second)
		require.Empty(t, <-started)
		s.end()
		_, err := os.Stat(filepath.Join(s.cfg.Dir, "2000-01-01T00-00-10+0000.mp4"))
		require.NoError(t, err)
		found := 0
		list, err := recorded(s.cfg.Dir)
		require.NoError(t, err)
		for _, x := range list {
			data, err := os.ReadFile(x.path)
			require.NoError(t, err)
			if string(data) == "mine" {
				continue
			}
			found++
			requireExact(t, readFile(t, x.path, data), s.e.grid)
			if found == 2 {
				require.Contains(t, x.path, "+0000-2.mp4")
			}
		}
		require.Equal(t, 2, found)
	})
}

func TestHeadersAreChecked(t *testing.T) {
	_, err := New(Config{Info: media.StreamInfo{}})
	require.ErrorContains(t, err, "the picture's parameters")
	info := outputtest.Coded(t, 100).Info
	info.AudioConfig = nil
	_, err = New(Config{Info: info})
	require.ErrorContains(t, err, "the sound's parameters")
}
