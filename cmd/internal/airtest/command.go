package airtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Said is what a command said, and when.
type Said struct {
	Out, Err        string
	Code            int
	Asked, Answered time.Time
}

// Do runs a command of airloom's with the channel's config, such as "ctl", "skip".
func (c *Channel) Do(args ...string) (s Said) {
	c.t.Helper()
	cmd := exec.Command(Binary(c.t), append(args, "--config", filepath.Join(c.Dir, "airloom.yml"))...)
	var out, words bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Dir, &out, &words
	s.Asked = time.Now()
	err := cmd.Run()
	s.Answered = time.Now()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		c.t.Fatalf("airloom %s: %v", strings.Join(args, " "), err)
	}
	s.Out, s.Err, s.Code = out.String(), words.String(), cmd.ProcessState.ExitCode()
	return s
}

// Must is Do, and fails the test unless the command succeeds.
func (c *Channel) Must(args ...string) Said {
	c.t.Helper()
	s := c.Do(args...)
	if s.Code != 0 {
		c.t.Fatalf("airloom %s: exit code %d\n%s%s", strings.Join(args, " "), s.Code, s.Out, s.Err)
	}
	return s
}

// Entry is a line of the schedule, of a rehearsal or of the as-run log, as their
// JSON has it. What one of them does not say is zero.
type Entry struct {
	Tick     int64      `json:"tick"`
	Start    time.Time  `json:"start"`
	End      time.Time  `json:"end"`
	Planned  *time.Time `json:"planned"`
	Ticks    int64      `json:"ticks"`
	Playlist string     `json:"playlist"`
	Index    int        `json:"index"`
	ID       string     `json:"id"`
	Source   string     `json:"source"`
	Title    string     `json:"title"`
	InS      float64    `json:"in_s"`
	OutS     float64    `json:"out_s"`
	Mode     string     `json:"mode"`
	Outcome  string     `json:"outcome"`
	Cause    string     `json:"cause"`
}

// AsRun is the whole as-run log of the channel, running or not.
func (c *Channel) AsRun() (rows []Entry) {
	c.t.Helper()
	c.parse(c.Must("asrun", "--json", "--from", c.Started.Add(-time.Hour).Format(time.RFC3339)), &rows)
	return rows
}

// Schedule is what `airloom schedule` says will air; the entries abut from tick 0 on.
func (c *Channel) Schedule(args ...string) (entries []Entry) {
	c.t.Helper()
	c.parse(c.Must(append([]string{"schedule", "--json"}, args...)...), &entries)
	return numbered(entries)
}

// Rehearsal is what `airloom rehearse` says.
type Rehearsal struct {
	Entries  []Entry `json:"entries"`
	OK       bool    `json:"ok"`
	Ticks    int64   `json:"ticks"`
	Findings []struct {
		Severity, Code, Message string
	} `json:"findings"`
	Said Said `json:"-"`
}

// Rehearse rehearses the channel's plan.
func (c *Channel) Rehearse(args ...string) (r Rehearsal) {
	c.t.Helper()
	r.Said = c.Do(append([]string{"rehearse", "--json"}, args...)...)
	c.parse(r.Said, &r)
	r.Entries = numbered(r.Entries)
	return r
}

func (c *Channel) parse(s Said, into any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(s.Out), into); err != nil {
		c.t.Fatalf("this is no JSON: %v\n%.2000s\n%s", err, s.Out, s.Err)
	}
}

// numbered gives each entry its tick: they abut.
func numbered(entries []Entry) []Entry {
	at := int64(0)
	for i := range entries {
		entries[i].Tick = at
		at += entries[i].Ticks
	}
	return entries
}
