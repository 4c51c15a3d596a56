package document

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// MaxTime is the longest span a file may name: beyond ten years it is a slip.
const MaxTime = 100_000 * time.Hour

var errTime = errors.New(`is no time: write "01:30:00", "01:30.5", 90s or 1h30m`)

// ParseTime reads a span of time: "HH:MM:SS", "MM:SS", plain seconds, or numbers
// with units d, h, m, s, ms ("1h2m", "1.5s"). Seconds and units may have a
// decimal fraction down to the nanosecond. The arithmetic is exact.
func ParseTime(text string) (time.Duration, error) {
	var d time.Duration
	var err error
	switch {
	case text == "":
		return 0, errTime
	case text[0] == '-':
		return 0, errors.New("is negative: times count forward from 0")
	case strings.Contains(text, ","):
		return 0, errors.New("has a comma: fractions are written with a point")
	case strings.Contains(text, ":"):
		d, err = parseClock(text)
	case strings.Trim(text, "0123456789.") == "":
		d, err = decimal(text, time.Second)
	default:
		d, err = parseUnits(text)
	}
	if err == nil && d > MaxTime {
		err = errLong
	}
	return d, err
}

var errLong = fmt.Errorf("is longer than ten years (%d h): check the digits", MaxTime/time.Hour)

func parseClock(text string) (time.Duration, error) {
	parts := strings.Split(text, ":")
	if len(parts) == 4 {
		return 0, errors.New(`has four parts: frame numbers are not supported, write a fraction of a second, such as "00:00:10.480"`)
	}
	if len(parts) > 4 || len(parts) < 2 {
		return 0, errTime
	}
	var sum time.Duration
	unit := time.Second
	for i := len(parts) - 1; i >= 0; i-- {
		if i < len(parts)-1 && strings.Contains(parts[i], ".") {
			return 0, errTime
		}
		d, err := decimal(parts[i], unit)
		if err != nil {
			return 0, err
		}
		if i > 0 && d >= 60*unit {
			return 0, errors.New("has minutes or seconds of 60 or more")
		}
		sum += d
		unit *= 60
	}
	return sum, nil
}

var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"d", 24 * time.Hour}, {"h", time.Hour}, {"ms", time.Millisecond}, {"m", time.Minute}, {"s", time.Second},
}

func parseUnits(text string) (time.Duration, error) {
	var sum time.Duration
	before := time.Duration(1<<63 - 1)
	for text != "" {
		digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789."))]
		text = text[len(digits):]
		unit := time.Duration(0)
		for _, u := range timeUnits {
			if rest, ok := strings.CutPrefix(text, u.name); ok {
				unit, text = u.unit, rest
				break
			}
		}
		if unit == 0 {
			return 0, errTime
		}
		if unit >= before {
			return 0, errors.New("has its units out of order, or one twice: write them from large to small, such as 1h2m3s")
		}
		d, err := decimal(digits, unit)
		if err != nil {
			return 0, err
		}
		if sum += d; sum > MaxTime {
			return 0, errLong
		}
		before = unit
	}
	return sum, nil
}

// decimal is an unsigned decimal number of units, exactly.
func decimal(text string, unit time.Duration) (time.Duration, error) {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, errTime
	}
	w, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || w > uint64(MaxTime/unit) {
		return 0, errLong
	}
	if len(fraction) > 9 {
		return 0, errors.New("is finer than a nanosecond: nine digits after the point are enough")
	}
	f, scale := uint64(0), uint64(1)
	for _, c := range fraction {
		f, scale = f*10+uint64(c-'0'), scale*10
	}
	hi, lo := bits.Mul64(f, uint64(unit))
	part, rest := bits.Div64(hi, lo, scale) // hi < scale, as f < scale and a unit is below 2^64
	if rest != 0 {
		return 0, errors.New("is finer than a nanosecond: fewer digits after the point are enough")
	}
	return time.Duration(w)*unit + time.Duration(part), nil
}
