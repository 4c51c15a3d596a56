package web

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"strconv"
)

// Millis is how times of day are written in rows: RFC 3339, to the millisecond.
const Millis = "2006-01-02T15:04:05.000Z07:00"

// Entry is a piece of what will air, as the API and the commands tell it. Times
// are in the channel's zone, as [Millis] writes them.
type Entry struct {
	ID       string   `json:"id"`
	Start    string   `json:"start"`
	End      *string  `json:"end"`   // null: no end in sight
	Ticks    *int64   `json:"ticks"` // null: no end in sight
	Playlist string   `json:"playlist"`
	Index    int      `json:"index"` // of the item in its playlist, from 0
	Source   string   `json:"source"`
	Title    string   `json:"title"`
	InS      *float64 `json:"in_s"` // of the source, for display
	OutS     *float64 `json:"out_s"`
	Mode     string   `json:"mode"`
}

// Slot is an entry of the schedule.
type Slot struct {
	Entry
	Planned  *string  `json:"planned"`  // the planned start of what brings it on air; null where none is
	Cut      bool     `json:"cut"`      // it is taken off before its end
	Warnings []string `json:"warnings"` // for people
}

// Upcoming is an entry of the rundown. What cannot play stands where it would
// air, with zero ticks.
type Upcoming struct {
	Entry
	OnAir    bool     `json:"on_air"`
	Planned  *string  `json:"planned"`  // the planned start of what brings it on air; null where none is
	Cut      bool     `json:"cut"`      // it is taken off before its end
	Plays    bool     `json:"plays"`    // false: it is left out; a warning says why
	Warnings []string `json:"warnings"` // for people
}

// Aired is a row of the as-run log, as the API and the commands tell it.
type Aired struct {
	Tick     int64    `json:"tick"`
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Planned  *string  `json:"planned"`
	Ticks    int64    `json:"ticks"`
	Playlist string   `json:"playlist"`
	Index    int      `json:"index"`
	ID       string   `json:"id"`
	Source   string   `json:"source"`
	Title    string   `json:"title"`
	InS      *float64 `json:"in_s"`
	OutS     *float64 `json:"out_s"`
	Mode     string   `json:"mode"`
	Outcome  string   `json:"outcome"`
	Cause    string   `json:"cause"`
}

// airedFields heads the columns of CSV.
var airedFields = []string{"tick", "start", "end", "planned", "ticks", "playlist", "index", "id", "source", "title",
	"in_s", "out_s", "mode", "outcome", "cause"}

func (a Aired) record() []string {
	planned := ""
	if a.Planned != nil {
		planned = *a.Planned
	}
	return []string{
		strconv.FormatInt(a.Tick, 10), a.Start, a.End, planned, strconv.FormatInt(a.Ticks, 10), a.Playlist,
		strconv.Itoa(a.Index), a.ID, a.Source, a.Title, decimal(a.InS), decimal(a.OutS), a.Mode, a.Outcome, a.Cause,
	}
}

func decimal(s *float64) string {
	if s == nil {
		return ""
	}
	return strconv.FormatFloat(*s, 'f', -1, 64)
}

// AiredCSV writes rows as CSV with a line of headings, up to the first error.
func AiredCSV(out io.Writer, rows iter.Seq2[Aired, error]) error {
	w := csv.NewWriter(out)
	_ = w.Write(airedFields) // Flush has the error
	for a, err := range rows {
		if err != nil {
			return err
		}
		if err := w.Write(a.record()); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Array writes values as a JSON array, one a line, as they come.
type Array struct {
	W     io.Writer
	count int
}

// Add writes one more value.
func (a *Array) Add(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	lead := ",\n "
	if a.count == 0 {
		lead = "[\n "
	}
	a.count++
	_, err = a.W.Write(append([]byte(lead), line...))
	return err
}

// End closes the array; the last line has no end.
func (a *Array) End() error {
	text := "\n]"
	if a.count == 0 {
		text = "[]"
	}
	_, err := io.WriteString(a.W, text)
	return err
}
