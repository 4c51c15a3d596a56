package airtest

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Machine watches how much of the processors others take while a test measures
// times. What a machine that others use does to a stream's timing says nothing
// of airloom.
type Machine struct{ busy, all, own time.Duration }

// Watch begins to watch.
func Watch() (m Machine) {
	m.busy, m.all = processors()
	m.own = familyCPU()
	return m
}

// Others is the share of all processors, from 0 to 1, that went to processes
// outside this test since Watch.
func (m Machine) Others() float64 {
	busy, all := processors()
	if all == m.all {
		return 0
	}
	own := familyCPU() - m.own
	return max(0, float64(busy-m.busy-own)/float64(all-m.all))
}

// processors is the busy and the whole time of all processors, from /proc/stat.
func processors() (busy, all time.Duration) {
	line, _, _ := strings.Cut(read("/proc/stat"), "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || i > 8 { // guest time is in user time already
			continue
		}
		d := time.Duration(n) * time.Second / userHz
		all += d
		if i != 4 && i != 5 { // idle, waiting for disks
			busy += d
		}
	}
	return busy, all
}

// familyCPU is what this test and its descendants have used.
func familyCPU() (sum time.Duration) {
	for _, pid := range Tree(os.Getpid()) {
		if s, ok := statOf(pid); ok {
			sum += s.cpu
		}
	}
	return sum
}
