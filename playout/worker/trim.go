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
// cache, where it stays. Only mappings without a changed page are given back.
// Measured at 720p: 9 MB less over the keeper and two workers, for 0.6 ms each.
func Trim() {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	exe, _ := os.Readlink("/proc/self/exe")
	var from, to uint64
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if head, rest, _ := strings.Cut(line, " "); !strings.HasSuffix(head, ":") {
			from, to = 0, 0
			a, b, ok := strings.Cut(head, "-")
			if ok && strings.HasPrefix(rest, "r") && !strings.HasPrefix(rest, "rw") && exe != "" && strings.HasSuffix(rest, " "+exe) {
				from, _ = strconv.ParseUint(a, 16, 64)
				to, _ = strconv.ParseUint(b, 16, 64)
			}
			continue
		}
		if from < to && strings.HasPrefix(line, "Anonymous:") && strings.Fields(line)[1] == "0" {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}
