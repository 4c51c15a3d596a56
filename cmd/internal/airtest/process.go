package airtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process tree has cost and holds, by the kernel's account.
type Usage struct {
	CPU       time.Duration // user and system, of all and of what they have reaped
	PSS       int64         // bytes: shared pages are shared out
	RootRSS   int64         // bytes, of the root alone
	RootFiles int           // open file descriptors of the root
	Threads   int           // of the root
	Processes int
}

// userHz is the unit of times in /proc: 100 on every Linux there is.
const userHz = 100

type procStat struct {
	pid, parent, threads int
	cpu                  time.Duration
	state                byte
	rss                  int64
}

// statOf reads /proc/PID/stat; ok is false for a process that is gone.
func statOf(pid int) (s procStat, ok bool) {
	raw := read(fmt.Sprintf("/proc/%d/stat", pid))
	i := strings.LastIndexByte(raw, ')') // the name may hold anything
	if i < 0 {
		return s, false
	}
	f := strings.Fields(raw[i+1:])
	if len(f) < 22 {
		return s, false
	}
	num := func(i int) int64 { n, _ := strconv.ParseInt(f[i], 10, 64); return n }
	s = procStat{pid: pid, state: f[0][0], parent: int(num(1)), threads: int(num(17)), rss: num(21) * int64(os.Getpagesize())}
	s.cpu = time.Duration(num(11)+num(12)+num(13)+num(14)) * time.Second / userHz
	return s, true
}

// Tree lists a process and all its descendants, zombies left out.
func Tree(root int) (pids []int) {
	children := map[int][]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if s, ok := statOf(pid); ok && s.state != 'Z' {
			children[s.parent] = append(children[s.parent], pid)
		}
	}
	if _, ok := statOf(root); !ok {
		return nil
	}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		pids = append(pids, todo[0])
		todo = append(todo, children[todo[0]]...)
	}
	return pids
}

// UsageOf measures the tree under root. A child that was reaped counts through
// its parent, one that is alive by itself.
func UsageOf(root int) (u Usage) {
	own := commandLine(root)
	for _, pid := range Tree(root) {
		s, ok := statOf(pid)
		if !ok {
			continue
		}
		u.Processes++
		u.CPU += s.cpu
		if pid == root || !slices.Equal(commandLine(pid), own) { // before its exec it is in its parent's memory
			u.PSS += pssOf(pid)
		}
		if pid == root {
			u.RootRSS, u.Threads = s.rss, s.threads
		}
	}
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", root))
	u.RootFiles = len(files)
	return u
}

func pssOf(pid int) int64 {
	for line := range strings.Lines(read(fmt.Sprintf("/proc/%d/smaps_rollup", pid))) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "Pss:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// commandLine is a process's arguments.
func commandLine(pid int) []string {
	return strings.Split(strings.TrimRight(read(fmt.Sprintf("/proc/%d/cmdline", pid)), "\x00"), "\x00")
}

// Alive says whether the process exists and is no zombie.
func Alive(pid int) bool {
	s, ok := statOf(pid)
	return ok && s.state != 'Z'
}

// Zombies lists the root's children that have died and were not reaped.
func Zombies(root int) (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if s, ok := statOf(pid); ok && s.state == 'Z' && s.parent == root {
			pids = append(pids, pid)
		}
	}
	return pids
}
