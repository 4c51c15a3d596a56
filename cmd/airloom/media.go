package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playout/control"
	"airloom/playout/media"
	"airloom/playout/probe"
	"airloom/playout/shelf"
	"airloom/playout/still"
	"airloom/playout/timeline"
	"airloom/playout/worker"
	"airloom/web"
)

// mediaDesk is the media folder as the web server has it.
type mediaDesk struct {
	cfg   *configs.Config
	plan  *programme
	grid  timeline.Grid
	shelf *shelf.Shelf
	still *still.Maker
}

func newMediaDesk(cfg *configs.Config, plan *programme, log *slog.Logger) *mediaDesk {
	house := houseOf(cfg)
	d := &mediaDesk{cfg: cfg, plan: plan, grid: timeline.Of(house)}
	uploads := inState(cfg, "uploads")
	if uploads != "" {
		// A child is let into the folders that are there when it starts. What cannot
		// be made here is told to who uploads.
		_ = os.MkdirAll(uploads, 0o750)
	}
	d.shelf = shelf.New(shelf.Options{Root: cfg.Media.Root, Uploads: uploads, Log: log})
	d.still = still.New(still.Options{Root: cfg.Media.Root, Uploads: uploads, FPS: house.FPS, Dir: inState(cfg, "stills"), Log: log})
	return d
}

// inState is a folder in the state's; "": there is none.
func inState(cfg *configs.Config, name string) string {
	if cfg.State.Dir == "" {
		return ""
	}
	return filepath.Join(cfg.State.Dir, name)
}

// actors are the parts that end the children, and tell of changes.
func (d *mediaDesk) actors() []*actor {
	if d == nil {
		return nil
	}
	return []*actor{helper("media folder", d.shelf.Run), helper("pictures", d.still.Run)}
}

// OnChange has f called with what is no longer as it was: folders that somebody
// looks at, and files that have been looked into.
func (d *mediaDesk) OnChange(f func(paths []string)) {
	d.shelf.OnChange(f)
	d.plan.prober.OnLook(func(source string) { f([]string{source}) })
}

// List is a page of a folder, or of what a search finds.
func (d *mediaDesk) List(ctx context.Context, l web.MediaLook) (web.MediaPage, error) {
	found, err := d.shelf.List(ctx, shelf.Look{Folder: l.Folder, Search: l.Search, Sort: shelf.Sort(l.Sort), After: l.After, Limit: l.Limit},
		func(f shelf.File) int64 { return d.plan.prober.Peek(f.Path, f.Size, f.Changed).Ticks })
	if err != nil {
		return web.MediaPage{}, mediaError(err)
	}
	p := web.MediaPage{Folder: l.Folder, Folders: []web.MediaFolder{}, Files: []web.MediaFile{}, Total: found.Total, Next: found.Next, Partial: found.Partial}
	for _, f := range found.Folders {
		p.Folders = append(p.Folders, web.MediaFolder{Path: f, Name: path.Base(f)})
	}
	paths := make([]string, len(found.Files))
	for i, f := range found.Files {
		paths[i] = f.Path
	}
	used := d.usedBy(paths)
	for _, f := range found.Files {
		p.Files = append(p.Files, d.shown(f, used[f.Path]))
	}
	return p, nil
}

// File is one file, with what is known of it.
func (d *mediaDesk) File(ctx context.Context, name string) (web.MediaFile, error) {
	f, err := d.shelf.Stat(ctx, name)
	if err == nil && f.Folder {
		err = &shelf.Error{Kind: shelf.Refused, Text: "That is a folder, not a file"}
	}
	if err != nil {
		return web.MediaFile{}, mediaError(err)
	}
	return d.shown(f, d.usedBy([]string{f.Path})[f.Path]), nil
}

func (d *mediaDesk) shown(f shelf.File, used []string) web.MediaFile {
	about := d.plan.prober.About(f.Path, f.Size, f.Changed)
	m := web.MediaFile{
		Path: f.Path, Name: path.Base(f.Path), Bytes: f.Size, Modified: f.Changed.In(d.cfg.Channel.Location()),
		State: string(about.Known), Problem: about.Problem, UsedBy: used,
	}
	if m.UsedBy == nil {
		m.UsedBy = []string{}
	}
	moves := true
	if about.Made != nil {
		m.Video, m.Audio = videoOf(about.Made.Video), audioOf(about.Made.Audio)
		moves = m.Audio != nil || m.Video != nil && m.Video.FPS != nil
	}
	if about.Ticks > 0 && moves {
		s := d.grid.Duration(about.Ticks).Seconds()
		m.LengthS = &s
	}
	return m
}

func videoOf(v *media.VideoStream) *web.MediaVideo {
	if v == nil {
		return nil
	}
	shown := &web.MediaVideo{Codec: v.Codec, Width: v.Width, Height: v.Height}
	if v.FPS.Num > 0 && v.FPS.Den > 0 {
		fps := float64(v.FPS.Num) / float64(v.FPS.Den)
		shown.FPS = &fps
	}
	return shown
}

func audioOf(a *media.AudioStream) *web.MediaAudio {
	if a == nil {
		return nil
	}
	return &web.MediaAudio{Codec: a.Codec, Channels: a.Channels, SampleRate: a.SampleRate}
}

// Stat is a file as it is now.
func (d *mediaDesk) Stat(ctx context.Context, name string) (web.MediaStamp, error) {
	f, err := d.shelf.Stat(ctx, name)
	if err == nil && f.Folder {
		err = &shelf.Error{Kind: shelf.Refused, Text: "That is a folder, not a file"}
	}
	return web.MediaStamp{Bytes: f.Size, Modified: f.Changed}, mediaError(err)
}

// Open opens what a file holds.
func (d *mediaDesk) Open(ctx context.Context, name string) (io.ReadSeeker, web.MediaStamp, error) {
	if !probe.IsMedia(name) {
		return nil, web.MediaStamp{}, mediaError(&shelf.Error{Kind: shelf.Refused, Text: "That is no film, sound or picture"})
	}
	content, err := d.shelf.Open(ctx, name)
	if err != nil {
		return nil, web.MediaStamp{}, mediaError(err)
	}
	return content, web.MediaStamp{Bytes: content.File().Size, Modified: content.File().Changed}, nil
}

// Thumbnail is a picture of a file.
func (d *mediaDesk) Thumbnail(ctx context.Context, name string, s web.MediaStamp, at time.Duration, width int) ([]byte, error) {
	data, err := d.still.Thumbnail(ctx, still.File{Path: name, Size: s.Bytes, Changed: s.Modified}, at, width)
	return data, mediaError(err)
}

// Strip is pictures of a file side by side.
func (d *mediaDesk) Strip(ctx context.Context, name string, s web.MediaStamp, from, to time.Duration, count, height int) ([]byte, error) {
	data, err := d.still.Strip(ctx, still.File{Path: name, Size: s.Bytes, Changed: s.Modified}, from, to, count, height)
	return data, mediaError(err)
}

// Move gives a file or folder another path.
func (d *mediaDesk) Move(ctx context.Context, from, to string) error {
	return mediaError(d.shelf.Move(ctx, from, to))
}

// Remove removes a file or an empty folder.
func (d *mediaDesk) Remove(ctx context.Context, name string) error {
	return mediaError(d.shelf.Remove(ctx, name))
}

// MakeFolder makes a folder.
func (d *mediaDesk) MakeFolder(ctx context.Context, name string) error {
	return mediaError(d.shelf.MakeFolder(ctx, name))
}

// mediaError is an error of the media folder's rooms as the web server has it.
func mediaError(err error) error {
	if err == nil {
		return nil
	}
	code := control.Unavailable // whatever else: it may be different the next time
	var own *shelf.Error
	var fault *media.Fault
	var crash *worker.CrashError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &own):
		code = map[shelf.Kind]control.Code{
			shelf.Missing: control.Unknown, shelf.Taken: control.Conflict, shelf.Invalid: control.Invalid, shelf.Refused: control.Refused,
			shelf.Silent: control.Unavailable, shelf.Full: control.Unavailable,
		}[own.Kind]
	case errors.As(err, &fault) && fault.Kind == media.FaultMissing:
		code = control.Unknown
	case errors.As(err, &fault) && fault.Kind != media.FaultStalled:
		code = control.Refused
	case errors.As(err, &crash):
		code, err = control.Refused, fmt.Errorf("%w: convert the file", err)
	}
	return &control.Refusal{Code: code, Err: err}
}

// UsedBy names what airs a file, or files below a folder.
func (d *mediaDesk) UsedBy(name string) []string {
	name = path.Clean(name)
	return d.usedBy([]string{name})[name]
}

// usedBy names, for each of the paths, the playlists that name it or something
// below it, or a folder that it is in; and what of the config does.
func (d *mediaDesk) usedBy(paths []string) map[string][]string {
	used := make(map[string][]string, len(paths))
	want := make(map[string]bool, len(paths))
	for _, p := range paths {
		want[p] = true
	}
	note := func(p, by string) {
		if !slices.Contains(used[p], by) {
			used[p] = append(used[p], by)
		}
	}
	look := func(it playlist.Item, by string) {
		if it.Folder != nil {
			for _, p := range paths {
				if touches(*it.Folder, p) {
					note(p, by)
				}
			}
			return
		}
		for p := d.below(it.Source); p != "" && p != "."; p = path.Dir(p) {
			if want[p] {
				note(p, by)
			}
		}
	}
	for _, l := range d.plan.Playlists() {
		for _, it := range l.Items {
			look(it, l.File)
		}
	}
	if f := d.cfg.Fallback; f.Filler != "" {
		look(playlist.Item{Source: f.Filler}, "fallback.filler")
	}
	if f := d.cfg.Fallback.Fillers; f != "" {
		look(playlist.Item{Folder: &playlist.Folder{Path: f, Recursive: true}}, "fallback.fillers")
	}
	look(playlist.Item{Source: d.cfg.SlatePath()}, "fallback.slate")
	return used
}

// below is a source's path below the media root; "": it is somewhere else.
func (d *mediaDesk) below(source string) string {
	if source == "" || strings.Contains(source, "://") {
		return ""
	}
	if path.IsAbs(source) {
		rel, err := filepath.Rel(d.cfg.Media.Root, source)
		if err != nil || !filepath.IsLocal(rel) {
			return ""
		}
		return rel
	}
	return path.Clean(source)
}

// touches reports whether a folder's item may air the path or what is below it.
func touches(f playlist.Folder, p string) bool {
	folder := path.Clean(f.Path)
	dir := path.Dir(p)
	inside := func(p, folder string) bool { return folder == "." || p == folder || strings.HasPrefix(p, folder+"/") }
	return dir == folder || f.Recursive && inside(p, folder) || inside(folder, p)
}
