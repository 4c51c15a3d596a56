package playlist

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the bad files say now beside them")

var options = Options{
	Root:    "/srv/media",
	Schemes: []string{"rtsp", "http", "https"},
	Hosts:   []string{"cam.example"},
}

func parseFile(t *testing.T, path string) (*Playlist, Problems) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return Parse(filepath.Base(path), data, options)
}

// Every bad file has, line for line, the words that it gets beside it.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.*[ln]") // .yml and .json
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			list, ps := parseFile(t, path)
			beside := path + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(beside, []byte(ps.String()), 0o644))
			}
			want, err := os.ReadFile(beside)
			require.NoError(t, err)
			require.Equal(t, string(want), ps.String())
			require.NotEmpty(t, ps)
			require.NotContains(t, ps.String(), "geheim")
			require.Equal(t, ps.Fatal(), list == nil, "a playlist comes with warnings alone")
			require.Equal(t, ps.Fatal(), ps.Err() != nil)
		})
	}
}

func TestGoodFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			list, ps := parseFile(t, path)
			require.Empty(t, ps.String())
			require.NotEmpty(t, list.Items)
			for _, it := range list.Items {
				require.NotEmpty(t, it.Title)
				require.NotZero(t, it.Line)
				require.False(t, strings.HasPrefix(it.Title, "/"))
			}
		})
	}
}
