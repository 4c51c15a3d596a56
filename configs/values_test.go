package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{
		"25": {25, 1}, "25.0": {25, 1}, "25.00": {25, 1}, "50": {50, 1}, "12.5": {25, 2},
		"29.97": {30000, 1001}, "23.976": {24000, 1001}, "23.98": {24000, 1001}, "59.94": {60000, 1001}, "119.88": {120000, 1001},
		"29.970": {30000, 1001}, "14.985": {15000, 1001}, "29.5": {59, 2}, "24.25": {97, 4},
		"30000/1001": {30000, 1001}, "60000/2002": {30000, 1001}, "50/2": {25, 1},
	} {
		got, ok := parseRate(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "25fps", "-25", "25/0", "0/1", "1/2/3", "30000:1001", "25,5", ".5", "5.", "1e2", "NaN", "99999999999999"} {
		_, ok := parseRate(text)
		require.False(t, ok, text)
	}
}

// Every whole rate's NTSC sibling is known from its two or three decimals, and
// none is taken for it that is nearer to something else.
func TestRatesOfNTSC(t *testing.T) {
	for n := int64(10); n <= 120; n++ {
		exact := big.NewRat(n*1000, 1001)
		for digits := 2; digits <= 3; digits++ {
			got, ok := parseRate(exact.FloatString(digits))
			require.True(t, ok)
			require.Equal(t, exact, big.NewRat(got.Num, got.Den), "%d with %d digits", n, digits)
		}
	}
}

func TestBits(t *testing.T) {
	for text, want := range map[string]Bits{
		"1300k": 1_300_000, "1300K": 1_300_000, "1.3M": 1_300_000, "1300000": 1_300_000, "0": 0, "0.5k": 500, "1.000001M": 1_000_001,
	} {
		got, err := parseBits(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "k", "1.3", "1,3M", "-1k", "1300 k", "1300kb", "1m", "1e3k", "1.0001k", "999999999999M", "1kM"} {
		_, err := parseBits(text)
		require.Error(t, err, text)
	}
	require.Equal(t, []string{"1300k", "1234", "0"}, []string{Bits(1_300_000).String(), Bits(1234).String(), Bits(0).String()})
}

// However a config is printed, it does not tell its secrets.
func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Setenv("AIRLOOM_SECRET", secret)
	c, ps := Parse("airloom.yml", []byte(`
output: {url: "rtmps://ams.example:1936/LiveApp/geheim-0815?token=geheim-0815"}
antmedia: {api: "http://ams.example/LiveApp", token: "${env:AIRLOOM_SECRET}"}
web: {users: [{name: ops, password_hash: "geheim-0815"}]}
`))
	require.Len(t, ps, 1, "the hash is none: %s", ps)
	require.Equal(t, secret, c.AntMedia.Token.Reveal())
	require.Contains(t, c.Outputs[0].URL.Reveal(), secret)
	require.Equal(t, "rtmps://ams.example:1936/LiveApp/…", c.Outputs[0].URL.String())

	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "config", c, "url", c.Outputs[0].URL, "token", c.AntMedia.Token)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "config", c, "url", c.Outputs[0].URL, "token", c.AntMedia.Token)
	encoded, err := json.Marshal(c)
	require.NoError(t, err)
	for _, printed := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%v %s %q", *c, c.Outputs, c.AntMedia.Token),
		fmt.Sprintf("%x", c.AntMedia.Token), fmt.Sprintf("%d", c.Outputs[0].URL), string(encoded), logged.String(), ps.String(),
	} {
		require.NotContains(t, printed, secret)
		require.NotContains(t, printed, fmt.Sprintf("%x", secret))
	}
	require.Empty(t, Secret{}.String())
	require.Equal(t, "(hidden)", TargetOf("geheim").String())
	require.Empty(t, Target{}.String())
}
