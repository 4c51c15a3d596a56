package worker

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Trim gives back the pages of the program itself that were only needed to start:
// the initialisation of all packages touches most of the binary, and a process
// needs less of it after. What is needed again is mapped again out of the page
// cache, where it stays.
func Trim() { give(program()) }

// span is a stretch of this process's memory.
type span struct{ from, to uintptr }

// program is where the program's own file is mapped and not a page is changed.
func program() (spans []span) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil
	}
	defer f.Close()
	exe, _ := os.Readlink("/proc/self/exe")
	var at span
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if head, rest, _ := strings.Cut(line, " "); !strings.HasSuffix(head, ":") {
			at = span{}
			a, b, ok := strings.Cut(head, "-")
			if ok && strings.HasPrefix(rest, "r") && !strings.HasPrefix(rest, "rw") && exe != "" && strings.HasSuffix(rest, " "+exe) {
				from, _ := strconv.ParseUint(a, 16, 64)
				to, _ := strconv.ParseUint(b, 16, 64)
				at = span{uintptr(from), uintptr(to)}
			}
			continue
		}
		if at.from < at.to && strings.HasPrefix(line, "Anonymous:") && strings.Fields(line)[1] == "0" {
			spans = append(spans, at)
		}
	}
	return spans
}

// give lets go of the spans' pages.
func give(spans []span) {
	for _, s := range spans {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, s.from, s.to-s.from, unix.MADV_DONTNEED)
	}
}
