package record

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// layout is a start in a file's name: it sorts by time, and no file system minds it.
const layout = "2006-01-02T15-04-05-0700"

var named = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d[+-]\d{4})(?:-(\d{1,2}))?\.mp4$`)

// nameOf is the name of the nth file of that start.
func nameOf(start time.Time, n int) string {
	name := start.Format(layout)
	if n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	return name + ".mp4"
}

// old is a file that was recorded.
type old struct {
	path  string
	start time.Time
	n     int
	size  int64
}

// recorded are the folder's recordings, oldest first: the plain files with names
// that nameOf makes. Nothing else there is ours.
func recorded(dir string) ([]old, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []old
	for _, e := range entries {
		m := named.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		start, err := time.Parse(layout, m[1])
		if err != nil {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		x := old{path: filepath.Join(dir, e.Name()), start: start, n: n}
		if info, err := e.Info(); err == nil {
			x.size = info.Size()
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b old) int { return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.n, b.n)) })
	return list, nil
}

// expired are those of a list whose time is over: the whole of the file is older
// than keep.
func expired(list []old, keep, each time.Duration, now time.Time) []old {
	n := 0
	for n < len(list) && now.Sub(list[n].start) > keep+each {
		n++
	}
	return list[:n]
}

// doubted is how long a clock is doubted.
const doubted = 24 * time.Hour

// doubtful reports whether the clock may be years ahead, as a machine's without a
// battery can be until it is told the time: going by it, all that was recorded before
// the process began is over its time. After a day it is believed: the channel was
// away for so long.
func doubtful(list []old, kept time.Duration, began, now time.Time) bool {
	if now.Sub(began) >= doubted {
		return false
	}
	for _, x := range slices.Backward(list) {
		if x.start.Before(began.Truncate(time.Second)) {
			return now.Sub(x.start) > kept
		}
	}
	return false
}

// sacrificed are those of a list that have to go, the oldest first, so that enough
// is free: as few as will do, and none where all of them would not. It goes by their
// sizes, as a disk may free what is removed only later.
func sacrificed(list []old, free, need int64) []old {
	for n, x := range list {
		if free >= need {
			return list[:n]
		}
		free += x.size
	}
	if free < need {
		return nil
	}
	return list
}

// space is what is left on the folder's disk, and what has to be left: 1 GB, or a
// twentieth of a small one.
func space(dir string) (free, reserve int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, &os.PathError{Op: "look at the disk of", Path: dir, Err: err}
	}
	return int64(st.Bavail) * st.Bsize, min(1<<30, int64(st.Blocks)*st.Bsize/20), nil
}

// sized is a size for people.
func sized(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
}
