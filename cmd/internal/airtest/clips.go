package airtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"airloom/playout/media"
)

// generation changes when the drawing code does: it is part of the recipes' hash.
const generation = 3

// Clip is a test clip on disk, and what is known of it.
type Clip struct {
	Kind     Kind
	ID       int // in its pictures and its tones; 0: neither
	Path     string
	FPS      media.Rational
	Pictures []time.Duration // when each picture is shown, from the first; nil where the file has none to read
	Numbers  []int           // the number that each of them carries
	Length   time.Duration   // of the picture, or of the sound where there is no picture
	Sound    time.Duration   // length of the sound; 0: none
	Marks    []time.Duration // flashes, and beeps where the sound lasts that long
	Shape    float64         // width over height as displayed
	Still    bool
}

// stillFor is how long a still airs in the tests' playlists.
const stillFor = 2 * time.Second

// Ticks is how many ticks the clip airs in the given house: its picture's
// length, or its sound's where that outlasts it by more than two ticks.
func (c Clip) Ticks(h media.House) int {
	f := float64(h.FPS.Num) / float64(h.FPS.Den)
	if c.Still {
		return int(stillFor.Seconds()*f + 0.5)
	}
	n := c.Length.Seconds() * f
	if s := c.Sound.Seconds() * f; s-n > 2 {
		n = s
	}
	return int(n + 0.5)
}

// HouseRate says whether the clip's pictures air one to one.
func (c Clip) HouseRate(h media.House) bool {
	return c.FPS == h.FPS && len(c.Pictures) > 1 && c.Kind != VFR
}

var making gosync.Mutex

// Clips makes the clips of the given kinds, once per machine and recipe, and
// returns them in that order. It fails the test when the ffmpeg program is not there.
func Clips(t testing.TB, kinds ...Kind) []Clip {
	t.Helper()
	making.Lock() // tests that run side by side want the same
	defer making.Unlock()
	var out []Clip
	for _, k := range kinds {
		c, err := makeClip(t, k)
		if err != nil {
			t.Fatalf("test clip %s: %v", k, err)
		}
		out = append(out, c)
	}
	return out
}

// clipDir is the cache directory for what is made by this very recipe.
func clipDir(t testing.TB, recipe any) string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	text, _ := json.Marshal(recipe)
	sum := sha256.Sum256(fmt.Appendf(text, "%d", generation))
	dir := filepath.Join(base, "airloom", "testclips", hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func makeClip(t testing.TB, k Kind) (Clip, error) {
	switch k {
	case Missing, Empty, Garbage, Directory, NoRead, ZeroedStart:
		return makeNoMedia(clipDir(t, k), k)
	}
	i := slices.IndexFunc(recipes(), func(r recipe) bool { return r.Kind == k })
	if i < 0 {
		return Clip{}, fmt.Errorf("no such kind")
	}
	r := recipes()[i]
	path := filepath.Join(clipDir(t, r), r.File)
	if _, err := os.Stat(path); err != nil {
		if err := r.generate(t, path); err != nil {
			return Clip{}, err
		}
	}
	return r.describe(path), nil
}

// describe computes what is in the file; nothing is read back.
func (r recipe) describe(path string) Clip {
	c := Clip{Kind: r.Kind, ID: r.ID, Path: path, FPS: r.FPS, Still: r.Kind == Still,
		Length: pictureTime(r.Pictures, r.FPS), Sound: r.soundLength(), Shape: r.Shape}
	if r.Kind == SoundOnly {
		c.Length = c.Sound
	}
	if c.Shape == 0 && r.H > 0 {
		c.Shape = float64(r.W) / float64(r.H)
	}
	if r.H > 0 && r.Kind != Tiny {
		for n := range r.Pictures {
			if r.Kind == VFR && !kept(n) {
				continue
			}
			c.Pictures = append(c.Pictures, pictureTime(n, r.FPS))
			c.Numbers = append(c.Numbers, n)
		}
	}
	if !c.Still {
		for n := firstMark(r.FPS); n < r.Pictures; n += perSecond(r.FPS) {
			c.Marks = append(c.Marks, pictureTime(n, r.FPS))
		}
	}
	return c
}

// generate makes the file under another name first, so that a test that is
// stopped half-way, or one beside it, leaves no half clip.
func (r recipe) generate(t testing.TB, path string) error {
	tmp := filepath.Join(filepath.Dir(path), fmt.Sprintf("making-%d-%s", os.Getpid(), r.File))
	defer os.Remove(tmp)
	sound := tmp + ".f32"
	defer os.Remove(sound)
	w, h := r.drawn()
	args := []string{"-v", "error", "-y"}
	if r.H > 0 {
		rate := r.FPS
		if r.Fields {
			rate.Num *= 2
		}
		args = append(args, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", w, h),
			"-r", rate.String(), "-i", "pipe:0")
	}
	if r.Rate > 0 {
		f, err := os.Create(sound)
		if err != nil {
			return err
		}
		if err := r.drawSound(f); err != nil {
			return err
		}
		f.Close()
		args = append(args, "-f", "f32le", "-ar", fmt.Sprint(r.Rate), "-ac", fmt.Sprint(r.Ch), "-i", sound) // six are 5.1
	}
	args = append(append(append(args, r.Args...), r.Out...), tmp)
	if err := feed(t, args, r.drawPictures, r.H > 0); err != nil {
		return err
	}
	if err := r.spoil(t, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// feed runs the ffmpeg program with pictures on its standard input.
func feed(t testing.TB, args []string, pictures func(io.Writer) error, any bool) error {
	cmd := exec.Command(need(t, "ffmpeg", "ffmpeg"), args...)
	var words strings.Builder
	cmd.Stderr = &words
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if any {
		_ = pictures(in) // if it fails, the program's own words say more
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg %s: %w\n%s", strings.Join(args, " "), err, words.String())
	}
	return nil
}
