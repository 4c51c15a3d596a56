package playlist

import (
	"bytes"
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

func FuzzParseM3U(f *testing.F) {
	seed(f, "testdata/foreign/*.m3u*")
	f.Fuzz(func(t *testing.T, data []byte) {
		holds(t, "/srv/media/films/fuzz.m3u", data)
		holds(t, "fuzz.m3u8", data)
	})
}

func FuzzParseText(f *testing.F) {
	seed(f, "testdata/foreign/*.txt")
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, "fuzz.txt", data) })
}

func FuzzParseDated(f *testing.F) {
	seed(f, "testdata/foreign/*.json")
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, "2026-11-21.json", data) })
}

// FuzzEdit writes one playlist over another's file: it reads as what was written.
func FuzzEdit(f *testing.F) {
	for _, old := range []string{commented, "items: [{source: a.mp4}]", "items:\n- source: a.mp4\n  title: |\n    # x\n"} {
		f.Add([]byte(old), []byte(commented))
	}
	f.Fuzz(func(t *testing.T, old, data []byte) {
		list, _ := Parse("new.yml", data, options)
		if list == nil {
			return
		}
		out, ps := Edit("fuzz.yml", old, list, options)
		if ps.Fatal() {
			t.Fatalf("%v", ps)
		}
		again, _ := Parse("fuzz.yml", out, options)
		if a, b := string(Encode(list, nil)), string(Encode(again, nil)); a != b {
			t.Fatalf("%s\nis written as\n%s\nand reads as\n%s", a, out, b)
		}
	})
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
	again, problems := Parse("again.yml", Encode(list, nil), options)
	if problems.Fatal() || !bytes.Equal(Encode(list, nil), Encode(again, nil)) {
		t.Fatalf("%s\n%v", Encode(list, nil), problems)
	}
	for i := range list.Items {
		if a, b := list.Items[i], again.Items[i]; a.ID != b.ID {
			t.Fatalf("%+v becomes %+v", a, b)
		}
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
