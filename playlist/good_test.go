package playlist

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHowManyItemsAreGood(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		good, all int
	}{
		"a.m3u":  {"#EXTM3U\none.mp4\n#EXTVLCOPT:start-time=x\ntwo.mp4\n../three.mp4\nfour.mp4\n", 2, 4},
		"b.json": {"{\"program\": [\n {\"in\": 0, \"out\": 5, \"source\": \"one.mp4\"},\n {\"in\": 9, \"out\": 5,\n \"source\": \"../two.mp4\"}\n]}", 1, 2},
		"c.yml":  {"items:\n  - {source: one.mp4}\n  - source: two.mp4\n    in: 00:10\n  - {source: three.mp4}\n", 2, 3},
		"d.yml":  {"items: [", 0, 0},
		"e.m3u":  {"one.mp4\n", 1, 1},
	} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		good, all := Good(path, Options{Root: "/media"})
		require.Equal(t, [2]int{c.good, c.all}, [2]int{good, all}, name)
	}
	good, all := Good("gone.m3u", Options{})
	require.Zero(t, good+all)
}
