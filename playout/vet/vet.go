// Package vet looks media files over before they air, for what an operator will
// want to know then: what cannot play, and what plays and may not look or sound as
// expected.
//
// A [Vet] has a niced child of this program (`vet-worker`, see [Main]) open each
// file with the very code that airs it. It decodes the beginning and the end, reads
// some way into it packet by packet, and measures what decoding costs. Whatever
// the file or its storage does, it costs the child and the file's time.
package vet

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"airloom/playout/media"
	"airloom/playout/worker"
)

// Flaw is a kind of thing to know of a file, a fixed word.
type Flaw string

// What may be wrong with a file, the worst first.
const (
	CannotPlay Flaw = "cannot-play"
	Unreadable Flaw = "unreadable"   // no permission, or its storage does not answer
	TooHeavy   Flaw = "too-heavy"    // this machine cannot decode it and all else in real time
	BrokenTail Flaw = "broken-tail"  // it ends before its time, or its end is damaged
	Keyframes  Flaw = "no-keyframes" // none for many seconds
	VariedRate Flaw = "varied-rate"  // its pictures come at no fixed rate
	NoSound    Flaw = "no-sound"
	Unknown    Flaw = "unknown" // looking at it took too long
)

// Remark is one thing to know of a file.
type Remark struct {
	Flaw   Flaw
	Detail string // in words, of this file; "": no more than the flaw's name says
}

// Options is what a vet is told once. House and Root are required.
type Options struct {
	House    media.House
	Root     string // what is read lies in it
	Children int    // how many files are looked at at once; 0: one
	// Cores is how much of the processors a file may take in real time; 0: any.
	Cores float64
	Args  []string // that make this program the child; by default "vet-worker"
	Log   *slog.Logger

	within time.Duration
}

// within is how long one file may take. A child ends by itself well before.
const within = 15 * time.Second

// Vet looks at files.
type Vet struct {
	o     Options
	hands chan *worker.Help
}

// New returns a vet. Nothing is started before there is something to look at.
func New(o Options) *Vet {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"vet-worker"}
	}
	if o.within <= 0 {
		o.within = within
	}
	v := &Vet{o: o, hands: make(chan *worker.Help, max(1, o.Children))}
	for range cap(v.hands) {
		v.hands <- worker.NewHelp(worker.HelpOptions{Args: o.Args, Read: []string{o.Root}, Log: o.Log})
	}
	return v
}

// All looks at one file after another, until the context is done, and hands each to
// tell with what there is to know of it: from several goroutines, one at a time.
// Paths are below the root. It returns how many it has looked at.
func (v *Vet) All(ctx context.Context, paths []string, tell func(path string, list []Remark)) int {
	todo := make(chan string)
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range cap(v.hands) {
		all.Go(func() {
			for path := range todo {
				list, err := v.look(ctx, path)
				if err != nil {
					continue // its time is over
				}
				mu.Lock()
				done++
				tell(path, list)
				mu.Unlock()
			}
		})
	}
feeding:
	for _, p := range paths {
		select {
		case todo <- p:
		case <-ctx.Done():
			break feeding
		}
	}
	close(todo)
	all.Wait()
	return done
}

// Close ends the children.
func (v *Vet) Close() {
	for range cap(v.hands) {
		(<-v.hands).Close()
	}
}

// look has one file looked at. Its error is that of the context.
func (v *Vet) look(ctx context.Context, path string) ([]Remark, error) {
	h := <-v.hands
	defer func() { v.hands <- h }()
	q := question{Path: filepath.Join(v.o.Root, filepath.FromSlash(path)), Root: v.o.Root, House: v.o.House, Cores: v.o.Cores}
	var a answer
	_, err := h.Ask(ctx, v.o.within, q, &a)
	var crash *worker.CrashError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &crash):
		return []Remark{{CannotPlay, "it crashes the decoder: " + crash.How}}, nil
	case errors.Is(err, worker.ErrHung):
		return []Remark{{Unreadable, "its storage does not answer"}}, nil
	case err != nil:
		return []Remark{{Unknown, err.Error()}}, nil
	}
	return a.Remarks, nil
}
