package configs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the bad files say now beside them")

const secret = "geheim-0815"

// parse reads a file of testdata as if it stood in /srv/airloom.
func parse(t *testing.T, path string) (*Config, string) {
	t.Setenv("AIRLOOM_SECRET", secret)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	c, ps := Parse("/srv/airloom/"+filepath.Base(path), data)
	return c, strings.ReplaceAll(ps.String(), "/srv/airloom/"+filepath.Base(path), filepath.Base(path))
}

// Every bad file has, line for line, the words that it gets beside it.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, got := parse(t, path)
			beside := strings.TrimSuffix(path, ".yml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(beside, []byte(got), 0o644))
			}
			want, err := os.ReadFile(beside)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			require.NotEmpty(t, got)
			for _, hush := range []string{secret, "geheim", "secretkey"} {
				require.NotContains(t, got, hush)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, got := parse(t, path)
			require.Empty(t, got)
			require.NotEmpty(t, c.Outputs)
		})
	}
}
