package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
	"airloom/playout/probe"
	"airloom/playout/vet"
	"airloom/web"
)

// mediaIs tells whether the media can be read, and what of them cannot play.
func (x *exam) mediaIs(ctx context.Context) []web.Finding {
	if x.cfg == nil {
		return info("Not looked at: there is no config to go by.", "")
	}
	root := x.cfg.Media.Root
	dir, err := os.Open(root)
	if err == nil {
		_, err = dir.ReadDir(1)
		_ = dir.Close()
	}
	if err != nil && !strings.Contains(err.Error(), "EOF") {
		return failing(fmt.Sprintf("The media root cannot be read: %v.", err), "Put it there, or give the channel's user the right to read it.")
	}
	return append(x.clipsAre(ctx), cannotWrite("Media", root, "the desk can show and play them, and not upload, rename or delete")...)
}

// clipsAre tells which of the clips that the playlists name cannot play.
func (x *exam) clipsAre(ctx context.Context) []web.Finding {
	snap, err := readFolder(ctx, x.cfg)
	if err != nil {
		return info("What the playlists name is not known: "+err.Error()+".", "")
	}
	var items []playlist.Item
	for _, l := range snap.Playlists() {
		items = append(items, l.Items...)
	}
	p := x.prober()
	limit, cancel := context.WithTimeout(ctx, 9*time.Second)
	defer cancel()
	_ = p.All(limit, items, nil) // what it had no time for is not known
	clips, unknown, bad := map[string]bool{}, 0, []string(nil)
	look := func(it playlist.Item) {
		if it.Source == "" || strings.Contains(it.Source, "://") || clips[it.Source] {
			return
		}
		clips[it.Source] = true
		switch p.Ticks(it) {
		case probe.CannotPlay:
			kind, why := p.Why(it)
			if kind == media.FaultMissing {
				return // as the playlists' look tells
			}
			bad = append(bad, it.Source+" ("+strings.TrimPrefix(why, it.Source+" ")+")")
		case 0:
			unknown++
		}
	}
	for _, it := range items {
		look(it)
		if it.Folder != nil {
			for _, f := range p.Folder(*it.Folder) {
				look(probe.FileItem(it, f))
			}
		}
	}
	slices.Sort(bad)
	return clipWords(len(clips), unknown, bad)
}

func clipWords(clips, unknown int, bad []string) (found []web.Finding) {
	if len(bad) > 0 {
		found = warning(fmt.Sprintf("%d of %s that the playlists name cannot play: %s.", len(bad), counted(clips, "clip"), some(bad, 5)),
			"Replace them. Until then the next item airs in their place.")
	}
	if unknown > 0 {
		found = append(found, info(fmt.Sprintf("Of %s that the playlists name, %d have not been looked at yet.", counted(clips, "clip"), unknown),
			"The channel looks at them in its own time; or let 'airloom schedule' do it now.")...)
	}
	if found == nil {
		found = fine("%s that the playlists name, and all can play.", upper(counted(clips, "clip")))
	}
	return found
}

// sampling is for how long files are looked over; all of them may take long, and
// have that long.
const (
	sampling   = 10 * time.Second
	allOfThem  = 15 * time.Minute
	tellsEvery = 5 * time.Second
)

// filesAre tells what is odd about the media, of as many as there is time for: first
// those that the playlists name, then some from all over the tree.
func (x *exam) filesAre(ctx context.Context) []web.Finding {
	if x.cfg == nil {
		return info("Not looked at: there is no config to go by.", "")
	}
	limit := sampling
	if x.thorough {
		limit = allOfThem
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	named, others := x.mediaFiles(ctx)
	all := slices.Concat(slices.Sorted(maps.Keys(named)), spread(others))
	o := vet.Options{House: houseOf(x.cfg), Root: x.cfg.Media.Root, Children: 2, Cores: min(1.6, float64(runtime.NumCPU())/2)}
	if x.onAir() {
		o.Children = 1
	}
	v := vet.New(o)
	defer v.Close()
	found, told := map[vet.Flaw][]string{}, time.Now()
	done, began := 0, time.Now()
	v.All(ctx, all, func(path string, list []vet.Remark) {
		done++
		if x.thorough && x.progress != nil && time.Since(told) > tellsEvery {
			fmt.Fprintf(x.progress, "%d of %s looked at, %s.\n", done, counted(len(all), "media file"), time.Since(began).Round(time.Second))
			told = time.Now()
		}
		for _, r := range list {
			if named[path] && (r.Flaw == vet.CannotPlay || r.Flaw == vet.Unreadable) {
				continue // as is told of what the playlists name
			}
			found[r.Flaw] = append(found[r.Flaw], remarked(path, r))
		}
	})
	return flawWords(found, done, len(all))
}

// mediaFiles is all media in the tree, and which of them the playlists name.
func (x *exam) mediaFiles(ctx context.Context) (named map[string]bool, others []string) {
	p := x.prober()
	whole := playlist.Folder{Path: ".", Recursive: true}
	p.Folder(whole)
	_ = p.All(ctx, nil, nil) // what it had no time for is not known
	var items []playlist.Item
	if snap, err := readFolder(ctx, x.cfg); err == nil {
		for _, l := range snap.Playlists() {
			items = append(items, l.Items...)
		}
	}
	return sorted(x.cfg.Media.Root, items, p.Folder(whole))
}

// sorted is which of the files the items air, and the others.
func sorted(root string, items []playlist.Item, all []schedule.File) (named map[string]bool, others []string) {
	files, folders := map[string]bool{}, []playlist.Folder(nil)
	for _, it := range items {
		if it.Folder != nil {
			folders = append(folders, *it.Folder)
		} else if full, err := playlist.Resolve(root, it.Source); err == nil {
			rel, _ := filepath.Rel(root, full)
			files[rel] = true
		}
	}
	named = map[string]bool{}
	for _, f := range all {
		if files[f.Path] || slices.ContainsFunc(folders, func(in playlist.Folder) bool { return lies(f.Path, in) }) {
			named[f.Path] = true
		} else {
			others = append(others, f.Path)
		}
	}
	return named, others
}

// lies reports whether the folder's item airs the file at some time.
func lies(file string, in playlist.Folder) bool {
	dir, folder := path.Dir(file), path.Clean(in.Path)
	return dir == folder || in.Recursive && (folder == "." || strings.HasPrefix(dir, folder+"/"))
}

// prober is one that finds out and keeps nothing.
func (x *exam) prober() *probe.Prober {
	return probe.New(probe.Options{House: houseOf(x.cfg), Media: mediaOptions(x.cfg), StateDir: x.cfg.State.Dir, KeepNothing: true,
		Log: slog.New(slog.DiscardHandler)})
}

// spread is the list in an order whose beginning is a sample of all of it.
func spread(list []string) []string {
	mixed := slices.Clone(list)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
	return mixed
}

// remarked is a file with what there is to say of it.
func remarked(path string, r vet.Remark) string {
	words := strings.TrimPrefix(r.Detail, filepath.Base(path)+" ")
	if words == "" {
		return path
	}
	return path + " (" + words + ")"
}

// flaws is what each flaw means, in the order of telling.
var flaws = []struct {
	flaw                      vet.Flaw
	level, title, why, remedy string
}{
	{vet.CannotPlay, isWarning, "cannot play", "No playlist names them yet. Where one does, the next item airs in their place.",
		"Replace them, or take them away."},
	{vet.Unreadable, isWarning, "cannot be read", "They cannot be played as they are.",
		"Give the channel's user the right to read them, and see whether the storage answers."},
	{vet.TooHeavy, isWarning, "too heavy for this machine", "Decoding them beside the encoder takes more than there is: pictures will be left out while they air.",
		"Make smaller ones beforehand: ffmpeg -i IN -vf scale=-2:1080 -c:v libx264 -crf 18 -c:a copy OUT"},
	{vet.BrokenTail, isWarning, "broken at the end", "They end early, and what follows airs before its time.",
		"Copy them again from where they came from."},
	{vet.Keyframes, isInfo, "keyframes far apart", "To begin within such a file, at its in point or after a restart, all that lies before has to be decoded: the start may come late.",
		"Where they are begun within: ffmpeg -i IN -c:v libx264 -crf 18 -g 50 -c:a copy OUT"},
	{vet.VariedRate, isInfo, "no fixed rate of pictures", "It is made a fixed one: each picture airs within half a picture of its time, and movement may look uneven. Sound stays in step.",
		"Nothing has to be done. Where movement matters: ffmpeg -i IN -vf fps=25 -c:v libx264 -crf 18 -c:a copy OUT"},
	{vet.NoSound, isInfo, "no sound", "They air with silence.", "Nothing, if that is meant."},
	{vet.Unknown, isInfo, "not known", "Looking at them took too long.", "Look again when the machine has less to do: airloom doctor --thorough"},
}

// flawWords tells all files with a flaw together.
func flawWords(found map[vet.Flaw][]string, done, all int) (list []web.Finding) {
	looked := upper(counted(done, "media file")) + " looked over"
	if done < all {
		looked = fmt.Sprintf("%d of %s looked over, as many as there was time for", done, counted(all, "media file"))
	}
	odd := 0
	for _, f := range flaws {
		files := found[f.flaw]
		if len(files) == 0 {
			continue
		}
		odd++
		slices.Sort(files)
		list = append(list, web.Finding{Level: f.level, Title: "Media, " + f.title, Detail: fmt.Sprintf("%s: %s.", upper(counted(len(files), "file")), some(files, 10)),
			Why: f.why, Remedy: f.remedy, Cause: string(f.flaw)})
	}
	switch {
	case all == 0:
		return info("There is no media file in the tree.", "Put some there, or see whether media.root is the right folder.")
	case done < all:
		list = append(list, info(looked+".", "To look at all of them, however long that takes: airloom doctor --thorough")...)
	case odd == 0:
		list = append(list, fine("%s: nothing odd about them.", looked)...)
	default:
		list = append(list, fine("%s. The others are in order.", looked)...)
	}
	return list
}
