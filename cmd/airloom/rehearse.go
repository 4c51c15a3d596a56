package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/rehearse"
	"airloom/web"
)

func rehearseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rehearse",
		Short: "Air the plan as fast as it goes, and tell what would go wrong",
		Long: "Airs the plan without a picture, on a clock of its own: with the schedule and the engine that air the\n" +
			"channel, and clips as long as the real ones. Tells what an operator should know: items that cannot\n" +
			"play, starts that are missed or late, gaps and holds; and, as remarks, what is cut.\n" +
			"--inject adds faults, to see what they would cost: missing=NAME, crash=NAME@TIME (so far into the\n" +
			"item), stall=NAME@TIME:HOW-LONG, several with commas between; * and ? stand for letters of a name.\n" +
			"The exit code is 1 if there is a problem; remarks are none.",
		Args: none,
		RunE: runRehearse,
	}
	lookAheadFlags(cmd, "24h")
	cmd.Flags().String("inject", "", "faults to rehearse, such as stall=films/*@90s:5s")
	cmd.Flags().Bool("entries", false, "tell every entry too")
	return cmd
}

func runRehearse(cmd *cobra.Command, _ []string) error {
	text, _ := cmd.Flags().GetString("inject")
	faults, err := rehearse.ParseFaults(text)
	if err != nil {
		return usageError{fmt.Errorf("--inject: %w", err)}
	}
	o, err := lookAhead(cmd)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	asJSON, _ := cmd.Flags().GetBool("json")
	entries, _ := cmd.Flags().GetBool("entries")
	show := &show{o: o, w: out, json: asJSON, entries: entries || asJSON}
	report, err := o.rehearse(cmd.Context(), faults, show.row, cmd.ErrOrStderr())
	if err == nil {
		err = show.report(report)
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err == nil && (report.Problems() > 0 || o.problems.Fatal()) {
		err = silentError{errors.New("the rehearsal found problems")}
	}
	return err
}

// rehearse airs the outlook.
func (o *outlook) rehearse(ctx context.Context, faults []rehearse.Fault, row func(playout.Row), told io.Writer) (*rehearse.Report, error) {
	bar := newProgress(told, "rehearsing")
	defer bar.done()
	options := rehearse.Options{
		House: houseOf(o.cfg), HoldMax: o.cfg.Fallback.HoldMax, StallMax: o.cfg.Fallback.StallMax,
		Plans: o.plans, From: o.from, For: o.grid.Duration(o.end), After: o.after, Left: o.left, On: o.on,
		Ticks: o.length, Why: o.prober.Why, Faults: faults, Aired: row, Progress: bar.at,
	}
	if f := o.cfg.Fallback.Filler; f != "" {
		filler := fillerOf(f)
		options.Filler = &filler
	}
	return rehearse.Run(ctx, options)
}

// show writes a rehearsal. Entries come first in JSON, as they come in first.
type show struct {
	o       *outlook
	w       io.Writer
	json    bool
	entries bool
	list    web.Array
	idle    *playout.Row // what is being gathered while nothing is planned
	err     error
}

// airedEntry is an entry and how it went.
type airedEntry struct {
	plannedEntry
	Outcome string `json:"outcome"`
	Cause   string `json:"cause"`
}

// row takes a row of the engine's. Where nothing is planned, the last picture and
// then the slate stand in: that is one entry, as the schedule has it.
func (s *show) row(r playout.Row) {
	if r.Entry.Item.ID == "" {
		if s.idle != nil {
			r.Start, r.Ticks = s.idle.Start, s.idle.Ticks+r.Ticks
		}
		r.Entry, s.idle = schedule.Gap(), &r
		return
	}
	s.rest()
	s.entry(r)
}

// rest tells what has been gathered.
func (s *show) rest() {
	if r := s.idle; r != nil {
		s.idle = nil
		s.entry(*r)
	}
}

func (s *show) entry(r playout.Row) {
	if !s.entries || s.err != nil {
		return
	}
	e := r.Entry
	e.From = r.At
	a := airedEntry{s.o.entry(e, r.Start, r.Ticks), string(r.Outcome), ""}
	if r.Cause != nil {
		a.Cause = r.Cause.Error()
	}
	if !s.json {
		_, s.err = fmt.Fprintf(s.w, "  %s  %s  %-11s  %s  %s  %s\n", s.o.at(r.Start).Format("2006-01-02 15:04:05.00"),
			clockOfTicks(s.o.grid.Duration(r.Ticks)), a.Outcome, where(e), e.Item.Title, a.Cause)
		return
	}
	if s.list.W == nil {
		s.list.W = s.w
		_, s.err = io.WriteString(s.w, `{"entries":`)
	}
	if s.err == nil {
		s.err = s.list.Add(a)
	}
}

// foundJSON is a finding as JSON has it.
type foundJSON struct {
	Severity rehearse.Severity `json:"severity"`
	Code     rehearse.Code     `json:"code"`
	At       string            `json:"at"` // the first time
	Tick     int64             `json:"tick"`
	Times    int               `json:"times"`
	Seconds  float64           `json:"seconds"` // what it costs in all
	Longest  float64           `json:"longest_s"`
	Playlist string            `json:"playlist"`
	Index    *int              `json:"index"`
	ID       string            `json:"id"`
	Source   string            `json:"source"`
	Message  string            `json:"message"`
}

// summaryJSON is the rest.
type summaryJSON struct {
	From      string      `json:"from"`
	To        string      `json:"to"`
	Ticks     int64       `json:"ticks"`
	FPS       string      `json:"fps"`
	OK        bool        `json:"ok"`
	Aired     int         `json:"aired"`
	Playlists int         `json:"playlists"`
	Starts    int         `json:"starts"`
	Cuts      int         `json:"cuts"`
	Skipped   int         `json:"skipped"`
	Held      float64     `json:"held_s"`
	Longest   float64     `json:"longest_hold_s"`
	LongestAt *string     `json:"longest_hold_at"`
	Filler    float64     `json:"filler_s"`
	Rest      float64     `json:"unfilled_s"`
	Problems  []string    `json:"playlist_problems"`
	Findings  []foundJSON `json:"findings"`
	More      int         `json:"more_findings"`
}

func (s *show) report(r *rehearse.Report) error {
	s.rest()
	switch {
	case s.err != nil:
		return s.err
	case s.json:
		return s.reportJSON(r)
	}
	return s.reportText(r)
}

func (s *show) seconds(ticks int64) float64 {
	return float64(s.o.grid.Duration(ticks).Milliseconds()) / 1000
}

func (s *show) reportJSON(r *rehearse.Report) error {
	if s.list.W == nil {
		s.list.W = s.w
		if _, err := io.WriteString(s.w, `{"entries":`); err != nil {
			return err
		}
	}
	if err := s.list.End(); err != nil {
		return err
	}
	j := summaryJSON{
		From: r.From.Format(milliseconds), To: r.To.Format(milliseconds), Ticks: r.Ticks, FPS: s.o.grid.FPS.String(),
		OK: r.Problems() == 0 && !s.o.problems.Fatal(), Aired: r.Entries, Playlists: r.Lists, Starts: r.Starts, Cuts: r.Cuts, Skipped: r.Skipped,
		Held: s.seconds(r.Held), Longest: s.seconds(r.Longest), Filler: s.seconds(r.Fillers), Rest: s.seconds(r.Rest),
		Problems: []string{}, Findings: []foundJSON{}, More: r.More,
	}
	if r.LongestAt >= 0 {
		at := s.o.at(r.LongestAt).Format(milliseconds)
		j.LongestAt = &at
	}
	for _, p := range s.o.problems {
		j.Problems = append(j.Problems, p.String())
	}
	for _, f := range r.Findings {
		g := foundJSON{f.Severity, f.Code, s.o.at(f.Tick).Format(milliseconds), f.Tick, f.Times, s.seconds(f.Ticks), s.seconds(f.Longest),
			f.Entry.Playlist, nil, f.Entry.Item.ID, playlist.Redact(f.Entry.Item.Source), f.Message}
		if g.ID != "" {
			g.Index = &f.Entry.Index
		}
		j.Findings = append(j.Findings, g)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.w, ",\n%s\n", text[1:])
	return err
}

func (s *show) reportText(r *rehearse.Report) error {
	s.o.tell(s.w)
	fmt.Fprintf(s.w, "From %s to %s, %s of %s air, with %s.\n", r.From.Format("2006-01-02 15:04:05 MST"), r.To.Format("2006-01-02 15:04:05 MST"),
		counted(r.Entries, "item"), counted(r.Lists, "playlist"), counted(r.Starts, "scheduled start"))
	switch n := r.Problems(); {
	case n == 0 && !s.o.problems.Fatal():
		fmt.Fprintln(s.w, "Nothing goes wrong.")
	case n == 0:
		fmt.Fprintln(s.w, "On air nothing goes wrong; see above for the playlists.")
	default:
		fmt.Fprintf(s.w, "%s to look at.\n", counted(n, "problem"))
	}
	if r.Held > 0 {
		fmt.Fprintf(s.w, "For %s in all there is nothing of the plan to show; the longest such time is %s, at %s.\n", s.span(r.Held), s.span(r.Longest),
			s.o.at(r.LongestAt).Format(time.DateTime))
	} else {
		fmt.Fprintln(s.w, "There is no gap and no hold.")
	}
	if r.Cuts > 0 {
		fmt.Fprintf(s.w, "%s cut by the clock.\n", plural(r.Cuts, "item is", "items are"))
	}
	if r.Fillers+r.Rest > 0 {
		fmt.Fprintf(s.w, "Before starts, fillers air for %s, and %s stay empty.\n", s.span(r.Fillers), s.span(r.Rest))
	}
	heading := rehearse.Severity("")
	for _, f := range r.Findings {
		if f.Severity != heading {
			heading = f.Severity
			fmt.Fprintf(s.w, "\n%ss\n", map[rehearse.Severity]string{rehearse.Problem: "Problem", rehearse.Remark: "Remark"}[heading])
		}
		times := ""
		if f.Times > 1 {
			times = fmt.Sprintf(" (the first of %d times)", f.Times)
		}
		fmt.Fprintf(s.w, "  %s  %s%s\n", s.o.at(f.Tick).Format(time.DateTime), f.Message, times)
	}
	if r.More > 0 {
		fmt.Fprintf(s.w, "  and %d more\n", r.More)
	}
	return nil
}

func (s *show) span(ticks int64) string {
	return s.o.grid.Duration(ticks).Round(10 * time.Millisecond).String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
