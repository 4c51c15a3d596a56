package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"airloom/playlist"
	"airloom/playlist/guide"
	"airloom/playlist/schedule"
	"airloom/web"
)

func scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Tell what will air",
		Long: "Tells what will air, from now on or from any time: as the playlists stand now, by the lengths of the\n" +
			"files, from where the channel stands. It is what the channel itself goes by. What does not fit into\n" +
			"the time asked for is cut off at both ends.",
		Args: none,
		RunE: runSchedule,
	}
	lookAheadFlags(cmd, "24h")
	cmd.Flags().Bool("xmltv", false, "as XMLTV, for programme guides")
	return cmd
}

func runSchedule(cmd *cobra.Command, _ []string) error {
	asJSON, _ := cmd.Flags().GetBool("json")
	asXMLTV, _ := cmd.Flags().GetBool("xmltv")
	if asJSON && asXMLTV {
		return usageError{errors.New("--json and --xmltv together: choose one")}
	}
	o, err := lookAhead(cmd)
	if err != nil {
		return err
	}
	o.tell(cmd.ErrOrStderr())
	write := o.scheduleTable
	switch {
	case asJSON:
		write = o.scheduleJSON
	case asXMLTV:
		write = o.scheduleXMLTV
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	err = write(cmd.Context(), out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// slots are what airs, up to the outlook's end.
func (o *outlook) slots(ctx context.Context) func(func(schedule.Slot) bool) {
	if o.on {
		return o.plans.WalkOn(ctx, o.after, o.left, 0, o.end, o.clock())
	}
	return o.plans.Walk(ctx, o.after, o.left, 0, o.end, o.clock())
}

func (o *outlook) scheduleXMLTV(ctx context.Context, w io.Writer) error {
	return guide.Write(w, guide.Channel{Name: o.cfg.Channel.Name, Zone: o.zone}, o.clock(), o.grid, o.slots(ctx))
}

func (o *outlook) scheduleJSON(ctx context.Context, w io.Writer) error {
	list := web.Array{W: w}
	for s := range o.slots(ctx) {
		if err := list.Add(o.entry(s.Entry, s.Start, o.within(s))); err != nil {
			return err
		}
	}
	if err := list.End(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// within is how much of a slot lies before the outlook's end. One whose end is
// not in sight stays so.
func (o *outlook) within(s schedule.Slot) int64 {
	if s.Ticks == schedule.Never {
		return s.Ticks
	}
	return min(s.Ticks, o.end-s.Start)
}

// scheduleTable writes for people: a line an entry, a headline a day, and at the
// end what to look at.
func (o *outlook) scheduleTable(ctx context.Context, w io.Writer) error {
	t := table{o: o, w: w}
	for s := range o.slots(ctx) {
		if err := t.slot(s); err != nil {
			return err
		}
	}
	return t.sum()
}

// table is the schedule for people, and what is counted for its end.
type table struct {
	o                     *outlook
	w                     io.Writer
	day                   string
	entries, cuts, missed int
	empty, rest           int64 // ticks: for want of a programme, and before starts
	open                  bool
}

func (t *table) slot(s schedule.Slot) error {
	at := t.o.at(s.Start)
	if day := at.Format("Monday, 2 January 2006 (MST)"); day != t.day { // so the hour that comes twice has two
		if t.day != "" {
			fmt.Fprintln(t.w)
		}
		t.day = day
		fmt.Fprintln(t.w, day)
	}
	for _, m := range schedule.MissedBy(s.Entry) {
		if !m.Planned.Before(t.o.from) {
			t.missed++
			fmt.Fprintf(t.w, "  ! %s, planned for %s, does not air: %s\n", m.Playlist, m.Planned.In(t.o.zone).Format(time.DateTime), m.Why)
		}
	}
	length := "open end"
	ticks := t.o.within(s)
	if t.open = ticks == schedule.Never; !t.open {
		length = clockOfTicks(t.o.grid.Duration(ticks))
	}
	t.entries++
	note := ""
	switch {
	case s.Mode == playlist.ModeSlate && s.Entry.Ticks > 0: // no filler fits
		note = "  (up to the start at " + t.o.at(s.Start+s.Entry.Ticks).Format(time.TimeOnly) + ")"
		t.rest += ticks
	case s.Mode == playlist.ModeSlate:
		note = "  ! nothing to air"
		if !t.open {
			t.empty += ticks
		}
	case s.Left != schedule.Ended && s.End() <= t.o.end:
		t.cuts++
		note = "  (cut)"
	}
	if s.From > 0 {
		note = "  (from " + clockOfTicks(s.Item.In+t.o.grid.Duration(s.From)) + ")" + note
	}
	_, err := fmt.Fprintf(t.w, "  %s  %11s  %-6s  %s  %s%s\n", at.Format("15:04:05.00"), length, s.Mode, where(s.Entry), s.Item.Title, note)
	return err
}

// where is the playlist and the item's place in it.
func where(e playlist.Entry) string {
	if e.Playlist == "" {
		return "-"
	}
	return fmt.Sprintf("%s #%d", e.Playlist, e.Index+1)
}

func (t *table) sum() error {
	words := plural(t.entries, "entry", "entries")
	words += ", " + counted(t.cuts, "cut")
	if t.missed > 0 {
		words += ", " + counted(t.missed, "missed start")
	}
	if t.empty > 0 {
		words += ", nothing to air for " + clockOfTicks(t.o.grid.Duration(t.empty))
	}
	if t.rest > 0 {
		words += ", no filler fits for " + clockOfTicks(t.o.grid.Duration(t.rest))
	}
	if t.open {
		words += "; nobody knows when the last one ends"
	}
	_, err := fmt.Fprintf(t.w, "\n%s\n", words)
	return err
}

// clockOfTicks is a length as HH:MM:SS.cc.
func clockOfTicks(d time.Duration) string {
	d = d.Round(10 * time.Millisecond)
	return fmt.Sprintf("%02d:%02d:%02d.%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/(10*time.Millisecond)%100)
}
