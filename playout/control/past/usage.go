package past

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Usage is what this process and its children take: memory in bytes, and the
// processors' time since it began, with that of children that have ended. What
// they share, such as the ring a worker writes into, counts once. It is found out
// from a few small files of /proc; where there are none, it is 0.
func Usage() (memory int64, cpu time.Duration) {
	resident, _ := pages("/proc/self/statm")
	own, reaped := times("/proc/self/stat")
	cpu = own + reaped
	for _, pid := range children() {
		dir := filepath.Join("/proc", pid)
		all, shared := pages(dir + "/statm")
		resident += max(0, all-shared)
		own, reaped := times(dir + "/stat")
		cpu += own + reaped
	}
	return resident * int64(os.Getpagesize()), cpu
}

// children are the numbers of the processes that this one has started and that
// live, or have died and are not reaped yet.
func children() (pids []string) {
	threads, _ := filepath.Glob("/proc/self/task/*/children")
	for _, file := range threads {
		raw, _ := os.ReadFile(file)
		for _, pid := range bytes.Fields(raw) {
			pids = append(pids, string(pid))
		}
	}
	return pids
}

// pages is a process's memory: what is resident, and what of it is shared or of files.
func pages(statm string) (resident, shared int64) {
	raw, _ := os.ReadFile(statm)
	f := bytes.Fields(raw)
	if len(f) < 3 {
		return 0, 0
	}
	return number(f[1]), number(f[2])
}

// perSecond is the unit of /proc's times: it is 100 on all of Linux.
const perSecond = 100

// times is the processors' time of a process, and that of its reaped children.
func times(stat string) (own, reaped time.Duration) {
	raw, _ := os.ReadFile(stat)
	f := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:]) // its name may hold anything
	if len(f) < 15 {
		return 0, 0
	}
	in := func(i int) time.Duration { return time.Duration(number(f[i])) * time.Second / perSecond }
	return in(11) + in(12), in(13) + in(14) // utime and stime, cutime and cstime: see proc(5)
}

func number(b []byte) int64 {
	n, _ := strconv.ParseInt(string(b), 10, 64)
	return n
}
