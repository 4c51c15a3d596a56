package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playout/asrun"
	"airloom/playout/timeline"
	"airloom/web"
)

func asrunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "asrun",
		Short: "Tell what really aired",
		Long: "Tells what really aired, in the order of airing: every piece of the programme, what stood in, what\n" +
			"was left out and why, and when there was nothing. Without --from it is the 24 hours before --to,\n" +
			"without --to all up to now. The channel may be running or not.",
		Args: none,
		RunE: runAsrun,
	}
	cmd.Flags().String("from", "", `from when on: "2026-11-21 20:00", "20:00", "yesterday", "-2h" or RFC 3339`)
	cmd.Flags().String("to", "", "up to when")
	cmd.Flags().Bool("json", false, "as JSON")
	cmd.Flags().Bool("csv", false, "as CSV")
	return cmd
}

func runAsrun(cmd *cobra.Command, _ []string) error {
	path, err := configPath(cmd)
	if err != nil {
		return err
	}
	cfg, problems := configs.Load(path)
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
	if problems.Fatal() {
		return silentError{errors.New("the config has mistakes")}
	}
	zone, now := cfg.Channel.Location(), time.Now()
	to, err := pointFlag(cmd, "to", now, zone, now)
	if err != nil {
		return err
	}
	from, err := pointFlag(cmd, "from", now, zone, to.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if !from.Before(to) {
		return usageError{fmt.Errorf("--from (%s) is not before --to (%s): a time alone is today's, write \"yesterday 20:00\" for another day",
			from.Format(time.DateTime), to.Format(time.DateTime))}
	}
	write := func(out io.Writer, rows iter.Seq2[asrun.Row, error], zone *time.Location) error {
		return asrunTable(out, rows, zone, timeline.Of(houseOf(cfg)))
	}
	asJSON, _ := cmd.Flags().GetBool("json")
	asCSV, _ := cmd.Flags().GetBool("csv")
	switch {
	case asJSON && asCSV:
		return usageError{errors.New("--json and --csv together: choose one")}
	case asJSON:
		write = asrunJSON
	case asCSV:
		write = asrunCSV
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	err = write(out, asrun.Read(cmd.Context(), cfg.State.Dir, from, to), zone)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// airedRowOf is a row as JSON and CSV have it.
func airedRowOf(r asrun.Row, zone *time.Location) web.Aired {
	a := web.Aired{
		Tick: r.Tick, Start: r.Start.In(zone).Format(web.Millis), End: r.End.In(zone).Format(web.Millis), Ticks: r.Ticks,
		Playlist: r.Playlist, Index: r.Index, ID: r.Item, Source: shown(r.Source), Title: r.Title,
		InS: secondsOrNone(r.In), OutS: secondsOrNone(r.Out), Mode: r.Mode, Outcome: outcomeOf(r), Cause: r.Cause,
	}
	if r.Out > 0 { // from the source's very beginning is a place, too
		in := r.In.Seconds()
		a.InS = &in
	}
	if !r.Planned.IsZero() {
		planned := r.Planned.In(zone).Format(web.Millis)
		a.Planned = &planned
	}
	return a
}

// outcomeOf names the one outcome that is none yet.
func outcomeOf(r asrun.Row) string {
	if r.ID == 0 && r.Outcome == "" {
		return "on air"
	}
	return r.Outcome
}

// shown is a source without its secrets. Some have been taken out already, which
// an ellipsis at the end tells of.
func shown(source string) string {
	bare, was := strings.CutSuffix(source, "…")
	if bare = playlist.Redact(bare); was && !strings.HasSuffix(bare, "…") {
		bare += "…"
	}
	return bare
}

func secondsOrNone(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}

func asrunJSON(out io.Writer, rows iter.Seq2[asrun.Row, error], zone *time.Location) error {
	before := "["
	for r, err := range rows {
		if err != nil {
			return err
		}
		data, err := json.Marshal(airedRowOf(r, zone))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n  %s", before, data); err != nil {
			return err
		}
		before = ","
	}
	if before == "[" {
		_, err := fmt.Fprintln(out, "[]")
		return err
	}
	_, err := fmt.Fprintln(out, "\n]")
	return err
}

func asrunCSV(out io.Writer, rows iter.Seq2[asrun.Row, error], zone *time.Location) error {
	return web.AiredCSV(out, airedRows(rows, zone))
}

// airedRows are the rows as JSON and CSV have them.
func airedRows(rows iter.Seq2[asrun.Row, error], zone *time.Location) iter.Seq2[web.Aired, error] {
	return func(yield func(web.Aired, error) bool) {
		for r, err := range rows {
			if !yield(airedRowOf(r, zone), err) {
				return
			}
		}
	}
}

// asrunTable is for people: at most 100 characters wide, a line for each day.
func asrunTable(out io.Writer, rows iter.Seq2[asrun.Row, error], zone *time.Location, grid timeline.Grid) error {
	line := func(start, length, outcome, mode, list, title string) {
		text := fmt.Sprintf("%-8s  %11s  %-11s  %-6s  %-18s  %s", start, length, outcome, mode, cutTo(list, 18), cutTo(title, 36))
		fmt.Fprintln(out, strings.TrimRight(text, " "))
	}
	day := ""
	for r, err := range rows {
		if err != nil {
			return err
		}
		start := r.Start.In(zone)
		if d := start.Format("Monday, 2006-01-02 (MST)"); d != day { // so the hour that comes twice has two
			if day == "" {
				line("START", "LENGTH", "OUTCOME", "MODE", "PLAYLIST", "TITLE")
			}
			fmt.Fprintln(out, d)
			day = d
		}
		line(start.Format(time.TimeOnly), lengthOf(r, grid), outcomeOf(r), r.Mode, printable(r.Playlist), titleOf(r))
		if r.Cause != "" {
			for _, line := range wrapTo(printable(r.Cause), 90) {
				fmt.Fprintf(out, "%10s%s\n", "", line)
			}
		}
	}
	if day == "" {
		fmt.Fprintln(out, "Nothing aired in this time.")
	}
	return nil
}

// titleOf names the item.
func titleOf(r asrun.Row) string {
	if r.Title == "" {
		return printable(shown(r.Source))
	}
	return printable(r.Title)
}

// printable is the text without what a terminal would take for a command.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}

// lengthOf is how long a row lasted, by its ticks: the clock may have been stepped
// in between. "-" for what did not air.
func lengthOf(r asrun.Row, grid timeline.Grid) string {
	d := grid.Duration(r.Ticks)
	switch {
	case r.Outcome == asrun.Off:
		d = max(0, r.End.Sub(r.Start))
	case r.Ticks == 0:
		return "-"
	}
	d = d.Round(100 * time.Millisecond)
	return fmt.Sprintf("%02d:%02d:%04.1f", int(d.Hours()), int(d.Minutes())%60, (d % time.Minute).Seconds())
}

// cutTo shortens the text to n characters.
func cutTo(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// wrapTo breaks the text between words into lines of n characters; a longer word
// has a line of its own.
func wrapTo(text string, n int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > n {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
