package probe

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"airloom/playout/media"
)

// kept is lengths.json.
type kept struct {
	Protocol int            `json:"version"`
	FPS      media.Rational `json:"fps"` // lengths are in its ticks
	Rate     int            `json:"sample_rate"`
	Root     string         `json:"root"`
	Files    []keptFile     `json:"files"`
}

// keptFile is one length. What hung or was missing is not kept.
type keptFile struct {
	Source   string          `json:"source"`
	In       time.Duration   `json:"in,omitempty"`
	Out      time.Duration   `json:"out,omitempty"`
	Duration time.Duration   `json:"duration,omitempty"`
	Loop     bool            `json:"loop,omitempty"`
	Audio    string          `json:"audio,omitempty"`
	File     version         `json:"file"`
	Ticks    int64           `json:"ticks"` // -1: it cannot play
	Kind     media.FaultKind `json:"kind,omitempty"`
	Fault    string          `json:"fault,omitempty"`
	Made     *media.Streams  `json:"made,omitempty"`
	Used     int64           `json:"used"` // the day it was last asked for, since 1970
}

func (f keptFile) key() key { return key{f.Source, f.In, f.Out, f.Duration, f.Loop, f.Audio} }

// keptName is the file's name; maxKept and maxKeptSize bound it.
const (
	keptName    = "lengths.json"
	maxKept     = 200_000
	maxKeptSize = 256 << 20
)

// load takes over what the state's file knows. A file that is missing, of
// another house or damaged is as good as none: everything is looked at anew.
func (p *Prober) load() {
	defer close(p.loaded)
	defer nudge(p.changed)
	for files := range slices.Chunk(p.read(), 1000) { // others ask meanwhile
		p.mu.Lock()
		for _, f := range files {
			l := p.lengths[f.key()]
			if l == nil {
				l = p.add(f.key())
			}
			l.file, l.kind, l.fault, l.made, l.used = f.File, f.Kind, f.Fault, p.shared(f.Made), f.Used
			l.ticks.Store(f.Ticks)
		}
		p.mu.Unlock()
	}
}

func (p *Prober) read() []keptFile {
	if p.o.StateDir == "" {
		return nil
	}
	name := filepath.Join(p.o.StateDir, keptName)
	info, err := os.Stat(name)
	if err != nil || info.Size() > maxKeptSize || !info.Mode().IsRegular() {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		p.o.Log.Warn("the lengths of clips that were known are lost, and are found out again", "event", "lengths-lost", "file", name, "cause", err)
		return nil
	}
	mine := p.header()
	if k.Protocol != mine.Protocol || k.FPS != mine.FPS || k.Rate != mine.Rate || k.Root != mine.Root {
		return nil
	}
	return slices.DeleteFunc(k.Files[:min(len(k.Files), maxKept)], func(f keptFile) bool {
		return f.Ticks < CannotPlay || f.Ticks > maxTicks || f.Source == ""
	})
}

func (p *Prober) header() kept {
	return kept{Protocol: 1, FPS: p.o.House.FPS, Rate: p.o.House.SampleRate, Root: p.o.Media.Root}
}

// save writes what is known, with what others have written in the meantime. It
// is no harm if it cannot: the files can be looked at again.
func (p *Prober) save() {
	p.mu.Lock()
	dirty := p.dirty && p.o.StateDir != "" && !p.o.KeepNothing
	p.dirty = false
	p.mu.Unlock()
	if !dirty {
		return
	}
	k := p.header()
	mine := map[key]bool{}
	for _, l := range p.every() {
		if l.file == (version{}) {
			continue // not there, or not to be had
		}
		mine[l.key] = true
		if l.asked.Load() > 0 {
			l.used = max(l.used, today())
		}
		k.Files = append(k.Files, keptFile{l.key.source, l.key.in, l.key.out, l.key.duration, l.key.loop, l.key.audio,
			l.file, l.ticks.Load(), l.kind, l.fault, l.made, l.used})
	}
	for _, f := range p.read() {
		if !mine[f.key()] {
			k.Files = append(k.Files, f)
		}
	}
	slices.SortFunc(k.Files, func(a, b keptFile) int {
		return cmp.Or(cmp.Compare(b.Used, a.Used), cmp.Compare(a.Source, b.Source), cmp.Compare(a.In, b.In), cmp.Compare(a.Out, b.Out), cmp.Compare(a.Duration, b.Duration))
	})
	k.Files = k.Files[:min(len(k.Files), maxKept)]
	if err := write(p.o.StateDir, k); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		p.o.Log.Warn("the lengths of clips cannot be kept, and will be found out again", "event", "lengths-not-kept", "dir", p.o.StateDir, "cause", err)
	}
}

// write puts the file in place whole, or not at all. The directory is the
// channel's to make: one that a command made might not be its own.
func write(dir string, k kept) error {
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	tidy(dir)
	f, err := os.CreateTemp(dir, "."+keptName+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, keptName))
}

// tidy removes what processes left that were killed while they wrote.
func tidy(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "."+keptName+"-") && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
