package rehearse

import (
	"fmt"
	"path"
	"strings"
	"time"

	"airloom/playlist/document"
	"airloom/playout/media"
)

// Fault is something that goes wrong with a file.
type Fault struct {
	Words   string          // as its user wrote it
	Pattern string          // of sources: a name or path, with * and ?
	Kind    media.FaultKind // FaultMissing, FaultCrashed or FaultStalled
	At      time.Duration   // where in the item
	For     time.Duration   // how long a stall lasts; 0: it does not end
}

const faultForms = "write missing=NAME, crash=NAME@TIME or stall=NAME@TIME:HOW-LONG, such as stall=films/*@90s:5s"

// ParseFaults reads faults as a command's user writes them, separated by commas.
func ParseFaults(text string) (faults []Fault, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		f, err := parseFault(part)
		if err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func parseFault(text string) (f Fault, err error) {
	f.Words = text
	kind, rest, ok := strings.Cut(text, "=")
	kinds := map[string]media.FaultKind{"missing": media.FaultMissing, "crash": media.FaultCrashed, "stall": media.FaultStalled}
	if f.Kind = kinds[strings.TrimSpace(kind)]; !ok || f.Kind == "" {
		return f, fmt.Errorf("%q is no fault: %s", text, faultForms)
	}
	f.Pattern = strings.TrimSpace(rest)
	if i := strings.LastIndex(rest, "@"); i >= 0 && f.Kind != media.FaultMissing {
		f.Pattern = strings.TrimSpace(rest[:i])
		when := strings.TrimSpace(rest[i+1:])
		if f.Kind == media.FaultStalled {
			if j := strings.LastIndex(when, ":"); j >= 0 {
				if f.For, err = document.ParseTime(when[j+1:]); err != nil {
					return f, fmt.Errorf("%q: how long it stalls %w", text, err)
				}
				when = when[:j]
			}
		}
		if f.At, err = document.ParseTime(when); err != nil {
			return f, fmt.Errorf("%q: where in the item %w", text, err)
		}
	}
	if _, err := path.Match(f.Pattern, ""); err != nil || f.Pattern == "" {
		return f, fmt.Errorf("%q names no file: %s", text, faultForms)
	}
	return f, nil
}
