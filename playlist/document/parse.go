package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"
)

// MaxSize is the largest file that [ReadFile] and [Parse] take, in bytes.
const MaxSize = 4 << 20

// maxDepth is how deep lists and mappings may nest: no file of ours needs half.
const maxDepth = 16

// maxValues is how many values a file may hold: 200,000 items with a dozen keys.
// It bounds the memory that a tree takes.
const maxValues = 3_000_000

// ReadFile is [ReadFileUpTo] MaxSize.
func ReadFile(path string) ([]byte, error) { return ReadFileUpTo(path, MaxSize) }

// ReadFileUpTo reads a whole plain file of up to so many bytes; of a longer one
// nothing is read. The error says what to do, and leaves it to the caller to
// name the file.
func ReadFileUpTo(path string, most int64) ([]byte, error) {
	// A pipe that nobody writes to must not hold anyone up.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, cannotRead(err)
	}
	defer f.Close()
	switch st, err := f.Stat(); {
	case err != nil:
		return nil, cannotRead(err)
	case st.IsDir():
		return nil, errors.New("this is a directory: name a file in it")
	case !st.Mode().IsRegular():
		return nil, errors.New("this is no plain file: name one that is")
	case st.Size() > most:
		return nil, tooLarge(most)
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, cannotRead(err)
	}
	if int64(len(data)) > most { // it grew
		return nil, tooLarge(most)
	}
	return data, nil
}

func tooLarge(most int64) error {
	return fmt.Errorf("the file is larger than %d MiB: split it", most>>20)
}

func cannotRead(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file: create it, or correct its name")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("it may not be read: give the user that airloom runs as the right to")
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the path
	}
	return fmt.Errorf("it cannot be read (%w): look at the disk", err)
}

// Parse is [ParseUpTo] MaxSize.
func Parse(name string, data []byte) (*Node, Problems) { return ParseUpTo(name, data, MaxSize) }

// ParseUpTo reads a file of up to so many bytes into a tree: as JSON when its
// name ends in .json, else as YAML. An empty file is a Null node. Without a
// tree, problems say why.
func ParseUpTo(name string, data []byte, most int64) (*Node, Problems) {
	var ps Problems
	start := Position{name, 1, 1}
	if int64(len(data)) > most {
		ps.Errorf(start, "%v", tooLarge(most))
		return nil, ps
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if i := invalid(data); i >= 0 {
		words := "this is not UTF-8 text: save the file as UTF-8"
		if data[i] < utf8.RuneSelf {
			words = fmt.Sprintf("a control character (%#02x), which no text holds: remove it", data[i])
		}
		ps.Errorf(place(name, data, i), "%s", words)
		return nil, ps
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return parseJSON(name, data)
	}
	return parseYAML(name, data)
}

// invalid is where the data stops being text: bad UTF-8, or a character that
// no text has. It is −1 for clean text.
func invalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

// place turns an offset into a position.
func place(name string, data []byte, offset int) Position {
	before := data[:min(offset, len(data))]
	line := bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return Position{name, line + 1, column + 1}
}
