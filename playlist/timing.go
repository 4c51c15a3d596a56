package playlist

import (
	"errors"
	"fmt"
	"time"

	"airloom/playlist/document"
	"airloom/playlist/when"
)

// maxPriority is the highest priority, and its negative the lowest.
const maxPriority = 1_000_000

// rawSchedule is a schedule as written.
type rawSchedule struct {
	Cron     rule          `yaml:"cron"`
	At       moment        `yaml:"at"`
	Start    string        `yaml:"start"`
	SoftMax  time.Duration `yaml:"soft_max"`
	Until    timeOfDay     `yaml:"until"`
	Duration time.Duration `yaml:"duration"`
	Priority int           `yaml:"priority"`
	Return   string        `yaml:"return"`
	Fill     string        `yaml:"fill"`
	Late     string        `yaml:"late"`
}

type (
	rule      struct{ *when.Cron }
	moment    struct{ *when.Moment }
	timeOfDay struct{ *when.Clock }
)

// Read implements document.Reader.
func (r *rule) Read(n *document.Node) (err error) {
	r.Cron, err = written(n, `in quotes, such as "0 20 * * *"`, when.ParseCron)
	return err
}

// Read implements document.Reader.
func (m *moment) Read(n *document.Node) (err error) {
	m.Moment, err = written(n, `in quotes, such as "2026-12-31 23:59:50"`, when.ParseMoment)
	return err
}

// Read implements document.Reader.
func (c *timeOfDay) Read(n *document.Node) (err error) {
	c.Clock, err = written(n, `in quotes, such as "23:00"`, when.ParseClock)
	return err
}

// written is the value of a node that must be a single one.
func written[T any](n *document.Node, want string, parse func(string) (T, error)) (*T, error) {
	if n.Kind != document.Scalar {
		return nil, errors.New("write one value, " + want)
	}
	v, err := parse(n.Text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", n.Quote(), err)
	}
	return &v, nil
}

// schedule checks what a schedule's keys say together.
func schedule(r *document.Reading, raw rawSchedule) *Schedule {
	s := &Schedule{
		Cron: raw.Cron.Cron, At: raw.At.Moment, SoftMax: raw.SoftMax,
		Until: raw.Until.Clock, Duration: raw.Duration, Priority: raw.Priority,
	}
	s.Start = oneOf(r, "schedule.start", Start(raw.Start), Hard, Soft)
	s.Return = oneOf(r, "schedule.return", Return(raw.Return), Resume, Restart)
	s.Fill = oneOf(r, "schedule.fill", Fill(raw.Fill), FillCut, FillFit)
	s.Late = oneOf(r, "schedule.late", Late(raw.Late), Begin, Join)
	has := func(key string) bool { return r.Has("schedule." + key) }
	if has("cron") && has("at") {
		r.Errorf("schedule.at", "cron and at together: keep one, or make two playlists of it")
	} else if !has("cron") && !has("at") {
		r.Errorf("schedule", `the schedule says no time: write cron: "0 20 * * *" or at: "2026-12-31 20:00", or remove it`)
	}
	if has("until") && has("duration") {
		r.Errorf("schedule.duration", "until and duration together: keep one")
	}
	if has("duration") && s.Duration <= 0 {
		r.Errorf("schedule.duration", "duration is 0: write how long the playlist airs, or remove it")
	}
	if has("soft_max") && s.SoftMax <= 0 {
		r.Errorf("schedule.soft_max", "soft_max is 0: write start: hard, or how long the start may wait")
	} else if has("soft_max") && s.Start != Soft {
		r.Errorf("schedule.soft_max", "a hard start does not wait: remove soft_max, or write start: soft")
	}
	if s.Fill == FillFit && s.Start != Hard {
		r.Errorf("schedule.fill", "a soft start cuts nothing that would have to fit: remove fill, or write start: hard")
	}
	if s.Priority < -maxPriority || s.Priority > maxPriority {
		r.Errorf("schedule.priority", "priority: %d is outside of %d to %d: write a smaller number", s.Priority, -maxPriority, maxPriority)
	}
	return s
}
