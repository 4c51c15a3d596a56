// Package slate holds the picture that airs when nothing can play.
//
// It is one house picture, ready in memory before the channel starts: no fork,
// no file and no decoder stands between the engine and it. Unless the operator
// names an image, it is airloom's own card, drawn by [airloom/playout/slate/card];
// that also stands in for an image that cannot be read.
package slate

import (
	"sync"

	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/slate/card"
)

// Slate is the picture. It may be used from any goroutine.
type Slate struct {
	house media.House
	mu    sync.Mutex
	pic   *av.Picture // nil once closed
}

// New makes the slate of a house. With a path it is the image in that file,
// fitted into the house picture with black bars.
//
// An error about the image is a [*media.Fault]; the slate comes with it and is
// usable: it shows the embedded card. Only for lack of memory there is none.
func New(h media.House, path string) (*Slate, error) {
	pic, err := av.New(h, func(mem []byte, l media.Layout) { card.Slate(mem, h, l) })
	if err != nil {
		return nil, err
	}
	s := &Slate{house: h, pic: pic}
	if path == "" {
		return s, nil
	}
	return s, s.Load(path)
}

// Picture gives a handle to the slate, which the caller releases. After Close
// it is nil.
func (s *Slate) Picture() media.Picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pic == nil {
		return nil
	}
	return s.pic.Ref()
}

// Load makes the image in the file the slate. It may take long where storage
// is stuck; the slate shows what it did until then, and after an error.
func (s *Slate) Load(path string) error {
	pic, err := still(s.house, path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pic == nil {
		pic.Release()
		return nil
	}
	s.pic.Release()
	s.pic = pic
	return nil
}

// Close gives the slate's memory back, once the last handle is released too.
func (s *Slate) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pic != nil {
		s.pic.Release()
		s.pic = nil
	}
}

// Black is a black house picture. The caller releases it.
func Black(h media.House) (*av.Picture, error) {
	return av.New(h, func(mem []byte, l media.Layout) { card.Black(mem, h, l) })
}
