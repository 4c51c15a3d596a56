package shelf

import (
	"context"
	"errors"
	"io"
)

// block is how much of a file is read at once.
const block = 128 << 10

// Content is what a file holds, for reading from any place. Each stretch is read by
// a child; a file that changes meanwhile is an error. It is to be used by one
// goroutine, for as long as the context lasts.
type Content struct {
	ctx  context.Context
	s    *Shelf
	file File
	at   int64
	data []byte // read ahead
	from int64  // where that begins
}

// Open opens a file for reading. There is nothing to close.
func (s *Shelf) Open(ctx context.Context, path string) (*Content, error) {
	f, err := s.Stat(ctx, path)
	if err != nil {
		return nil, err
	}
	if f.Folder {
		return nil, &Error{Refused, "That is a folder, not a file"}
	}
	return &Content{ctx: ctx, s: s, file: f}, nil
}

// File is what is read, as it was when it was opened.
func (c *Content) File() File { return c.file }

// Seek is as io.Seeker has it.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.file.Size
	}
	if offset < 0 {
		return 0, errors.New("before the file's beginning")
	}
	c.at = offset
	return offset, nil
}

// Read is as io.Reader has it.
func (c *Content) Read(p []byte) (int, error) {
	if c.at >= c.file.Size {
		return 0, io.EOF
	}
	if c.at < c.from || c.at >= c.from+int64(len(c.data)) {
		if err := c.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.data[c.at-c.from:])
	c.at += int64(n)
	return n, nil
}

func (c *Content) load() error {
	select {
	case h := <-c.s.readers:
		defer func() { c.s.readers <- h }()
		_, data, err := c.s.ask(c.ctx, h, readsIn, question{Op: opRead, Path: c.file.Path, File: c.file, Offset: c.at, Count: block})
		if err == nil && len(data) == 0 {
			err = io.ErrUnexpectedEOF
		}
		c.data, c.from = data, c.at
		return err
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}
