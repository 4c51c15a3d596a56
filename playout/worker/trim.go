package worker

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"airloom/playout/media/av"
)

// The pages of the program itself that a process has mapped count as its memory,
// and most of them were only touched to start: by the initialisation of all
// packages, and by what the kernel maps around each page that is touched. What is
// needed again is mapped again out of the page cache, where it stays.
//
// Around a touched page Linux maps 64 KB; since 6.18 all of the page cache's folio,
// which for a file that was just written is up to megabytes large. But it
// never goes beyond a mapping: so the program's mapping is made of pieces.

// Sizes of pieces. The keeper, which goes everywhere once in a while, takes small
// ones: they cost 10 ms, once in its life. A child's cost each 2 ms.
const (
	keeperPiece = 16 << 10
	childPiece  = 64 << 10
)

// Trim gives back what only the start of the keeper needed: pages of the program,
// and what its C libraries have freed and kept.
func Trim() {
	own := program()
	part(own, keeperPiece)
	give(own)
	av.Trim()
}

// lighten gives back what only the start of a child needed, before it has lost the
// right to look at itself. It returns the program, to be given back once more.
func lighten() []span {
	own := program()
	part(own, childPiece)
	give(own)
	return own
}

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
			if n := len(spans); n > 0 && spans[n-1].to == at.from {
				spans[n-1].to = at.to
			} else {
				spans = append(spans, at)
			}
		}
	}
	return spans
}

// part makes the spans of pieces. Two neighbours that are alike become one again,
// so every other one is marked not to go into core dumps, where none of them goes.
func part(spans []span, piece uintptr) {
	for _, s := range spans {
		for at := s.from; at < s.to; at += 2 * piece {
			advise(span{at, min(at+piece, s.to)}, unix.MADV_DONTDUMP)
		}
	}
}

// give lets go of the spans' pages.
func give(spans []span) {
	for _, s := range spans {
		advise(s, unix.MADV_DONTNEED)
	}
}

// advise tells the kernel what to do with a span. Where it does not know, memory
// is not saved, and that is all.
func advise(s span, what int) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, s.from, s.to-s.from, uintptr(what))
}
