package web

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A hash of argon2's own program, from its tests.
const foreign = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestHashes(t *testing.T) {
	made, err := HashPassword("Grüß Gott")
	require.NoError(t, err)
	again, err := HashPassword("Grüß Gott")
	require.NoError(t, err)
	require.NotEqual(t, made, again, "each has its own salt")
	require.True(t, strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$"))
	for hash, password := range map[string]string{made: "Grüß Gott", foreign: "password"} {
		h, err := parseHash(hash)
		require.NoError(t, err)
		require.Equal(t, hash, h.String())
		c := newChecks()
		right, err := c.check(t.Context(), h, password)
		require.NoError(t, err)
		require.True(t, right)
		right, err = c.check(t.Context(), h, password+" ")
		require.NoError(t, err)
		require.False(t, right)
	}
	for _, password := range []string{"", strings.Repeat("x", maxPassword+1)} {
		_, err := HashPassword(password)
		require.Error(t, err)
	}
}

func TestBadHashes(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{foreign, ""}, {foreign, "$"}, {"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=65536", "m=131073"}, {"m=65536", "m=-1"},
		{"m=65536", "m=4294967296"}, {"m=65536", "M=65536"}, {"t=2", "t=0"}, {"t=2", "t=11"}, {"p=1", "p=9"}, {"p=1", "p=257"}, {",p=1", ""},
		{",p=1", ",p=1,x=1"}, {"c29tZXNhbHQ", "c29t"}, {"c29tZXNhbHQ", "c29tZXNhbHQ=="}, {"PPc", "PPd"}, {"CTFhFdXPJO1aFaMaO6Mm5c8y7cJH", ""},
		{"c29tZXNhbHQ", strings.Repeat("A", 88)}, {"$CTF", "$x$CTF"}, {"CTF", "C\nTF"}, {"m=65536", "m=065536"},
	} {
		bad := strings.Replace(foreign, c.old, c.new, 1)
		require.NotEqual(t, foreign, bad)
		_, err := parseHash(bad)
		require.ErrorIs(t, err, errHash, bad)
	}
}

func TestTokens(t *testing.T) {
	token, hash := NewToken()
	other, _ := NewToken()
	require.NotEqual(t, token, other)
	require.Len(t, token, len("airloom_")+43, "256 bits")
	_, err := tokenHash(hash)
	require.NoError(t, err)
	for _, bad := range []string{"", "sha256:", hash[:len(hash)-2], hash + "00", strings.TrimPrefix(hash, "sha256:"), strings.Replace(hash, "sha256:", "sha512:", 1), hash[:len(hash)-1] + "g"} {
		_, err := tokenHash(bad)
		require.Error(t, err, bad)
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(foreign)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHash(text)
		if err == nil && (h.memory > maxMemory || h.time < 1 || h.time > maxPasses || h.threads < 1 || h.threads > maxThreads || len(h.key) < 16) {
			t.Fatalf("%+v", h)
		}
	})
}
