package web

import "time"

const (
	// clocksBack and clocksAhead are how far around now the page is told what the
	// channel's clocks show: what it shows of the log and of the plan.
	clocksBack  = 32 * 24 * time.Hour
	clocksAhead = 110 * 24 * time.Hour
)

// clockSpan is a stretch of time within which the zone's clocks do not change.
type clockSpan struct {
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
	OffsetS      int       `json:"offset_s"`     // what clocks are ahead of UTC
	Abbreviation string    `json:"abbreviation"` // such as CEST, +01
}

// clocksAround are the spans around now, without gaps. Browsers have zone data of
// their own, of another age than the engine's: with these, all show one time.
func clocksAround(zone *time.Location, now time.Time) []clockSpan {
	spans := []clockSpan{}
	if zone == nil {
		return spans
	}
	at, until := now.Add(-clocksBack).Truncate(time.Second), now.Add(clocksAhead).Truncate(time.Second)
	for at.Before(until) {
		name, offset := at.In(zone).Zone()
		_, end := at.In(zone).ZoneBounds()
		if end.IsZero() || end.After(until) {
			end = until
		}
		spans = append(spans, clockSpan{at.UTC(), end.UTC(), offset, name})
		at = end
	}
	return spans
}

// zoneOf is the zone of that name; nil where none is named, or it is not known.
func zoneOf(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}
