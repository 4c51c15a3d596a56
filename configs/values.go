package configs

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/url"
	"strconv"
	"strings"

	"airloom/playlist/document"
)

const hidden = "(hidden)"

// Secret is text that is never printed: only Reveal gives it.
type Secret struct{ text string }

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return s.text }

// String does not give it.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return hidden
}

// Format does not give it either, whatever the verb, nor does MarshalText.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Read implements document.Reader.
func (s *Secret) Read(n *document.Node) error {
	if n.Kind != document.Scalar {
		return errors.New("write one value, in quotes")
	}
	s.text = n.Text
	return nil
}

// Target is the URL of an output. User, password, the path (by RTMP: its end) and
// the query are or hold the stream key, which is a secret: it prints as
// scheme://host/…, by RTMP as scheme://host/app/….
type Target struct{ text string }

// TargetOf makes a target of a URL.
func TargetOf(url string) Target { return Target{url} }

// Reveal gives the whole URL.
func (t Target) Reveal() string { return t.text }

// String is the URL without the stream key.
func (t Target) String() string {
	u, err := url.Parse(t.text)
	if err != nil || u.Host == "" {
		if t.text == "" {
			return ""
		}
		return hidden
	}
	app, _, more := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !more || !strings.HasPrefix(u.Scheme, "rtmp") { // the whole path may be the key
		return u.Scheme + "://" + u.Host + "/…"
	}
	return u.Scheme + "://" + u.Host + "/" + app + "/…"
}

// Format is the same for every verb.
func (t Target) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// MarshalText implements encoding.TextMarshaler, without the key.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Read implements document.Reader. What is wrong with the URL is told later, in
// words that do not hold it.
func (t *Target) Read(n *document.Node) error {
	if n.Kind != document.Scalar {
		return errors.New("write one URL, such as rtmp://host/LiveApp/stream")
	}
	t.text = n.Text
	return nil
}

// Bits is a number of bits, or of bits a second: "1300k", "1.3M" or 1300000.
type Bits int64

// String writes it in kilobits where it can.
func (b Bits) String() string {
	if b != 0 && b%1000 == 0 {
		return fmt.Sprintf("%dk", int64(b)/1000)
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText implements encoding.TextMarshaler.
func (b Bits) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Read implements document.Reader.
func (b *Bits) Read(n *document.Node) error {
	v, err := parseBits(n.Text)
	if n.Kind != document.Scalar || err != nil {
		return fmt.Errorf("%s is no bit rate: write 1300k, 1.3M or 1300000", n.Quote())
	}
	*b = v
	return nil
}

var errBits = errors.New("no bit rate")

func parseBits(text string) (Bits, error) {
	unit := uint64(1)
	for suffix, u := range map[string]uint64{"k": 1000, "K": 1000, "M": 1_000_000} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = rest, u
			break
		}
	}
	num, den, ok := decimal(text)
	if !ok {
		return 0, errBits
	}
	hi, lo := bits.Mul64(num, unit)
	if hi != 0 || lo%den != 0 || lo/den > 1<<40 {
		return 0, errBits
	}
	return Bits(lo / den), nil
}

// decimal is an unsigned decimal number as a fraction of a power of ten.
func decimal(text string) (num, den uint64, ok bool) {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || len(whole) > 12 || len(fraction) > 6 {
		return 0, 0, false
	}
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, 0, false
	}
	num, err := strconv.ParseUint(whole+fraction, 10, 64)
	den = 1
	for range fraction {
		den *= 10
	}
	return num, den, err == nil
}

// Rate is a frame rate, exactly: 25 is 25/1, 29.97 is 30000/1001.
type Rate struct{ Num, Den int64 }

// String writes "25" or "30000/1001".
func (r Rate) String() string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// MarshalText implements encoding.TextMarshaler.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// The rates that are taken, in frames a second.
const (
	minRate = 1
	maxRate = 120
)

// Read implements document.Reader.
func (r *Rate) Read(n *document.Node) error {
	v, ok := parseRate(n.Text)
	if n.Kind != document.Scalar || !ok {
		return fmt.Errorf(`%s is no frame rate: write 25, 29.97 or "30000/1001"`, n.Quote())
	}
	if v.Num < minRate*v.Den || v.Num > maxRate*v.Den {
		return fmt.Errorf("%s frames a second are outside of %d to %d", n.Quote(), minRate, maxRate)
	}
	*r = v
	return nil
}

func parseRate(text string) (Rate, bool) {
	if above, below, ok := strings.Cut(text, "/"); ok {
		num, err1 := strconv.ParseUint(above, 10, 31)
		den, err2 := strconv.ParseUint(below, 10, 31)
		if err1 != nil || err2 != nil || num == 0 || den == 0 {
			return Rate{}, false
		}
		return reduced(num, den), true
	}
	num, den, ok := decimal(text)
	if !ok {
		return Rate{}, false
	}
	// 29.97, 23.98 or 59.940 are how people write n·1000/1001.
	if den == 100 || den == 1000 {
		n := num/den + 1
		if n <= maxRate && (n*1000*den+1001/2)/1001 == num {
			return reduced(n*1000, 1001), true
		}
	}
	return reduced(num, den), true
}

func reduced(num, den uint64) Rate {
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	return Rate{int64(num / a), int64(den / a)}
}
