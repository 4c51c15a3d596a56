package playlist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seed adds every file of testdata of a kind.
func seed(f *testing.F, pattern string) {
	files, err := filepath.Glob(pattern)
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
}

func FuzzParseYAML(f *testing.F) {
	seed(f, "testdata/*.yml")
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, "fuzz.yml", data) })
}

func FuzzParseJSON(f *testing.F) {
	seed(f, "testdata/*.json")
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, "fuzz.json", data) })
}

// holds is what is true of any file: there is a playlist or an error, problems
// point into the file, and nothing that passed can leave the media root.
func holds(t *testing.T, name string, data []byte) {
	list, ps := Parse(name, data, options)
	if ps.Fatal() == (list != nil) {
		t.Fatalf("%v with problems %v", list, ps)
	}
	for _, p := range ps {
		// YAML knows more line breaks than \n.
		if p.Line < 1 || p.Column < 1 || p.Line > len(data)+1 || p.Message == "" || p.File != name || strings.Contains(p.Message, "\n") {
			t.Fatalf("%#v", p)
		}
	}
	if list == nil {
		return
	}
	seen := map[string]bool{}
	for _, it := range list.Items {
		confined(t, it)
		ended := it.Out == 0 || it.Out > it.In && it.Duration == 0
		if seen[it.ID] || it.Title == "" || it.Repeat < 1 || it.In < 0 || !ended || it.Loop && it.Duration <= 0 || it.Line < 1 {
			t.Fatalf("%+v", it)
		}
		seen[it.ID] = true
	}
}

// confined: the item leads nowhere outside of the media root or the playlists' folder.
func confined(t *testing.T, it Item) {
	path, err := options.Resolve(it.Source)
	switch {
	case it.Folder != nil:
		path, err = filepath.Join("/srv/media", it.Folder.Path)+"/", nil
	case it.Include != "":
		path, err = filepath.Join("/srv/media", it.Include), nil
	}
	inside := strings.HasPrefix(path, "/srv/media/") && (it.Folder != nil || filepath.Clean(path) == path)
	if err != nil || !inside && !strings.Contains(path, "://") {
		t.Fatalf("%+v leads to %q, %v", it, path, err)
	}
	one := 0
	for _, is := range []bool{it.Source != "", it.Folder != nil, it.Include != ""} {
		if is {
			one++
		}
	}
	if one != 1 {
		t.Fatalf("%+v", it)
	}
}
