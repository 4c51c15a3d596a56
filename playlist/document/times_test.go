package document

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0":                              0,
		"90":                             90 * time.Second,
		"8.5":                            8500 * time.Millisecond,
		"90s":                            90 * time.Second,
		"1h2m":                           62 * time.Minute,
		"1h2m3.004s":                     time.Hour + 2*time.Minute + 3004*time.Millisecond,
		"1.5h":                           90 * time.Minute,
		"250ms":                          250 * time.Millisecond,
		"1m250ms":                        time.Minute + 250*time.Millisecond,
		"20d":                            480 * time.Hour,
		"01:30":                          90 * time.Second,
		"90:00":                          90 * time.Minute,
		"00:00:10":                       10 * time.Second,
		"01:02:03.004":                   time.Hour + 2*time.Minute + 3004*time.Millisecond,
		"100:00:00":                      100 * time.Hour,
		"0.000000001":                    1,
		"00:00.999999999":                999999999,
		"0.1":                            100 * time.Millisecond, // no float is near it
		"99999h59m59s":                   MaxTime - time.Second,
		"27777:46:40":                    100_000_000 * time.Second,
		"0.000001ms":                     1,
		"0.123456789d":                   10666666569600,
		fmt.Sprint(int64(MaxTime / 1e9)): MaxTime,
	} {
		got, err := ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "s", "1x", "1 s", "-1s", "+1s", "1,5", ".5", "5.", "1..5", "1:2:3:4", "1:2:3:4:5", ":", "1:", ":1", "00:60", "00:60:00",
		"1:2.5:3", "1s1h", "1m1m", "0.0000000001", "0.0000001ms", "1e3", "0x10", "100001h", "99999999999999999999", "3000000000000h",
		"1h2", "99999h99999h", "1h-2m", "١s", "1.5.5s",
	} {
		d, err := ParseTime(text)
		require.Error(t, err, "%q is %v", text, d)
	}
}

func FuzzTimecode(f *testing.F) {
	for _, text := range []string{"0", "90s", "1h2m3.004s", "01:02:03.004", "1d", "0.123456789d", "99999:59:59", "1.000000001", "-1", "1,5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseTime(text)
		if err != nil {
			return
		}
		if d < 0 || d > MaxTime {
			t.Fatalf("%q is %v", text, d)
		}
		s, ns := int64(d/time.Second), int64(d%time.Second)
		for _, same := range []string{
			fmt.Sprintf("%d.%09d", s, ns),
			fmt.Sprintf("%02d:%02d:%02d.%09d", s/3600, s/60%60, s%60, ns),
			fmt.Sprintf("%dh%dm%d.%09ds", s/3600, s/60%60, s%60, ns),
		} {
			if again, err := ParseTime(same); err != nil || again != d {
				t.Fatalf("%q is %v, and %q is %v, %v", text, d, same, again, err)
			}
		}
	})
}
