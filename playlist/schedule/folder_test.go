package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// shelf is a folder whose files may change.
type shelf struct{ files []File }

func shelfOf(names ...string) *shelf {
	s := &shelf{}
	for i, n := range names {
		s.files = append(s.files, File{Path: n, Modified: time.Unix(int64(i), 0)})
	}
	return s
}

func (s *shelf) plans(t testing.TB, lines ...string) *Plans {
	listing := slices.Clone(s.files)
	p, ps := New(Inputs{
		Base: "main.yml", Lists: files(t, lines...), Grid: pal, Ticks: lengths(pal), Seed: 42,
		Folder: func(f playlist.Folder) []File { return listing },
	})
	require.NoError(t, ps.Err())
	return p
}

func TestFoldersInOrder(t *testing.T) {
	s := shelfOf("dir/10.mp4", "dir/2.mp4", "dir/1.mp4", "dir/a.mp4", "dir/A.mp4")
	for _, c := range []struct{ words, want string }{
		{"dir/<", "1 2 10 A a 1 2 10"},
		{"dir/<2 x", "1 2 x 10 A x a 1 x 2 10 x"},
		{"dir/<9 x", "1 2 10 A a x 1 2 10 A a x"},
		{"dir/<2*2 x", "1 2 10 A x a 1 2 10 x"},
		{"dir/>", "A a 1 2 10 A a"},
		{"dir/>2 x", "A a x A a x"},
		{"dir/>1*2 x", "A A x A A x"},
		{"dir/<2 dir/<1 x", "1 2 1 x 10 A 2 x"},
	} {
		p := s.plans(t, "main: "+c.words)
		got := strings.NewReplacer("dir/", "", ".mp4", "").Replace(sources(p, playlist.Entry{}, len(strings.Fields(c.want))))
		require.Equal(t, c.want, got, c.words)
	}
}

// sources is what comes after e.
func sources(p *Plans, e playlist.Entry, n int) string {
	var out []string
	for range n {
		e = p.Next(e, Ended, 0, epoch)
		out = append(out, e.Item.Source)
	}
	return strings.Join(out, " ")
}

func TestFolderEntries(t *testing.T) {
	p := shelfOf("dir/two.words.mp4", "dir/b.mp4").plans(t, "main: x dir/<")
	e := p.Next(p.Next(playlist.Entry{}, Ended, 0, epoch), Ended, 0, epoch)
	require.Equal(t, "b", e.Item.Title)
	require.Nil(t, e.Item.Folder)
	require.Equal(t, 1, e.Index)
	require.True(t, strings.HasPrefix(e.Item.ID, p.base.items[1].ID+"/"))
	next := p.Next(e, Ended, 0, epoch)
	require.Equal(t, "two.words", next.Item.Title)
	require.NotEqual(t, e.Item.ID, next.Item.ID)
}

func TestFoldersThatChange(t *testing.T) {
	// Expanded when it comes round, then fixed; a new file enters the next time.
	before, after := shelfOf("dir/1", "dir/3"), shelfOf("dir/1", "dir/2", "dir/3")
	p, q := before.plans(t, "main: dir/< x"), after.plans(t, "main: dir/< x")
	e := p.Next(playlist.Entry{}, Ended, 0, epoch)
	require.Equal(t, "dir/3 x dir/1 dir/2 dir/3 x", sources(q, e, 6))
	// Where it goes on does not depend on the file that was last being there still.
	p, q = before.plans(t, "main: dir/<1 x"), shelfOf("dir/2", "dir/4").plans(t, "main: dir/<1 x")
	e = p.Next(playlist.Entry{}, Ended, 0, epoch)
	require.Equal(t, "x dir/2 x dir/4 x dir/2", sources(q, e, 6))
	// Empty ones are passed over; when there is nothing else, nothing airs.
	require.Equal(t, "x x", sources(shelfOf().plans(t, "main: dir/< x dir/?"), playlist.Entry{}, 2))
	require.Zero(t, shelfOf().plans(t, "main: dir/< dir/?").Next(playlist.Entry{}, Ended, 0, epoch))
}

// One of many plays: a walk finds it, wherever in the round it begins.
func TestShuffleOfMuchThatCannotPlay(t *testing.T) {
	names := []string{"good20"}
	for i := range 30 {
		names = append(names, fmt.Sprintf("bad%d", i))
	}
	for _, words := range []string{"dir/?", "dir/?1", "dir/?7*2"} {
		slots, _ := collect(shelfOf(names...).plans(t, "main: "+words), playlist.Entry{}, Ended, 0, epoch)
		require.Len(t, slots, 75*3)
		for _, s := range slots {
			require.Equal(t, "good20", s.Item.Source)
		}
	}
}

// Row 7.
func TestShuffle(t *testing.T) {
	for _, words := range []string{"dir/?", "dir/?7", "dir/?1", "dir/?499"} {
		t.Run(strings.ReplaceAll(words, "/", ""), func(t *testing.T) {
			const clips, rounds = 500, 10
			var names []string
			for i := range clips {
				names = append(names, fmt.Sprintf("dir/%d", i))
			}
			s := shelfOf(names...)
			r := rand.New(rand.NewPCG(7, 7))
			p, e, aired := s.plans(t, "main: "+words), playlist.Entry{}, []string(nil)
			for len(aired) < clips*rounds {
				e = p.Next(e, Ended, 0, epoch)
				aired = append(aired, e.Item.Source)
				if r.IntN(clips*rounds/20) == 0 { // a restart
					data, err := Save(e, Ended)
					require.NoError(t, err)
					require.Less(t, len(data), 4096, "it is saved every second")
					e, _, err = Restore(data)
					require.NoError(t, err)
					p = s.plans(t, "main: "+words)
				}
			}
			slices.Sort(names)
			for i := range rounds {
				round := slices.Clone(aired[i*clips : (i+1)*clips])
				slices.Sort(round)
				require.Equal(t, names, round, "round %d", i)
			}
			for i := 1; i < len(aired); i++ {
				require.NotEqual(t, aired[i-1], aired[i], "twice in a row at %d", i)
			}
			require.NotEqual(t, aired[:clips], aired[clips:2*clips], "each round has an order of its own")
		})
	}
}

// Of few files the last of a round is often the first of the next.
func TestShuffleOfFew(t *testing.T) {
	for n := range 6 {
		var names []string
		for i := range n + 1 {
			names = append(names, fmt.Sprintf("dir/%d", i))
		}
		for _, words := range []string{"dir/?", "dir/?1", "dir/?2"} {
			got := strings.Fields(sources(shelfOf(names...).plans(t, "main: "+words), playlist.Entry{}, 600*len(names)))
			for i := range got {
				if i > 0 && n > 0 {
					require.NotEqual(t, got[i-1], got[i])
				}
				if i%len(names) == 0 {
					round := slices.Clone(got[i : i+len(names)])
					slices.Sort(round)
					require.Equal(t, names, round, words)
				}
			}
		}
	}
}

// Files come and go in mid-round: what was there all the time airs once a round
// all the same, and nothing twice in a row.
func TestShuffleOfAChangingFolder(t *testing.T) {
	for _, words := range []string{"dir/?", "dir/?3", "dir/?1"} {
		r := rand.New(rand.NewPCG(1, 2))
		s := shelfOf()
		for i := range 40 {
			s.files = append(s.files, File{Path: fmt.Sprintf("dir/stays%d", i)})
		}
		p, e, last, aired := s.plans(t, "main: "+words), playlist.Entry{}, "", map[string]int{}
		for range 4000 {
			e = p.Next(e, Ended, 0, epoch)
			require.NotEqual(t, last, e.Item.Source)
			last = e.Item.Source
			aired[last]++
			least, most := 1<<30, 0
			for _, f := range s.files[:40] {
				least, most = min(least, aired[f.Path]), max(most, aired[f.Path])
			}
			require.LessOrEqual(t, most-least, 1, "one is ahead of another by a round")
			if r.IntN(5) == 0 {
				if len(s.files) > 40 && r.IntN(2) == 0 {
					i := 40 + r.IntN(len(s.files)-40)
					s.files = slices.Delete(slices.Clone(s.files), i, i+1)
				} else {
					s.files = append(slices.Clone(s.files), File{Path: fmt.Sprintf("dir/comes%d", r.IntN(1000))})
				}
				p = s.plans(t, "main: "+words)
			}
		}
	}
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"", "1", "01", "1a", "2", "9", "10", "a", "a1b", "a1c", "a2", "a02", "a10", "b"}
	got := slices.Clone(want)
	for range 20 {
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, natural)
		for i := range got { // "01" and "1" are the same number: by their text
			require.Equal(t, strings.ReplaceAll(want[i], "0", ""), strings.ReplaceAll(got[i], "0", ""), got)
		}
	}
}

func TestIncludes(t *testing.T) {
	p := planned(t, "main: a @inc.yml b", "inc: c @deep.yml", "deep: d e")
	require.Equal(t, "a c d e b a", sources(p, playlist.Entry{}, 6))
	e := p.Next(p.Next(playlist.Entry{}, Ended, 0, epoch), Ended, 0, epoch)
	e = p.Next(e, Ended, 0, epoch)
	require.Equal(t, "d", e.Item.Source)
	require.Equal(t, "main.yml", e.Playlist)
	require.Equal(t, 1, e.Index, "where it is brought in")
	require.Equal(t, 2, strings.Count(e.Item.ID, "/"))
	q := planned(t, "main: a @inc.yml b", "inc: c @deep.yml", "deep: x e")
	require.Equal(t, "e b", sources(q, e, 2), "found again by its identity in an edit of what is included")
}

func TestIncludesThatCannotBe(t *testing.T) {
	p, ps := New(Inputs{Base: "main.yml", Grid: pal, Lists: files(t, "main: a @gone.yml @inc.yml b", "inc: c @main.yml d", "far: @near.yml", "near: x @far.yml")})
	require.Equal(t, "a c d b a", sources(p, playlist.Entry{}, 5))
	said := ps.String()
	require.Contains(t, said, `main.yml:4:1: there is no playlist "gone.yml" to include`)
	require.Contains(t, said, `inc.yml:4:1: playlist "main.yml" includes itself, by way of this line`)
	require.Contains(t, said, `near.yml:4:1: playlist "far.yml" includes itself`)
	require.Contains(t, said, `far.yml:3:1: playlist "near.yml" includes itself`)
}

// What doubles with every file is bounded.
func TestIncludesThatUnfold(t *testing.T) {
	lines := []string{"main: @l1.yml @l1.yml"}
	for i := 1; i < 40; i++ {
		lines = append(lines, fmt.Sprintf("l%d: a @l%d.yml @l%d.yml", i, i+1, i+1))
	}
	lines = append(lines, "l40: z")
	begin := time.Now()
	p, ps := New(Inputs{Base: "main.yml", Grid: pal, Lists: files(t, lines...)})
	require.Contains(t, ps.String(), "unfold to more than 200000 items")
	total := 0
	for _, l := range p.lists {
		total += len(l.items)
	}
	require.LessOrEqual(t, total, maxItems+1)
	require.Less(t, time.Since(begin), 20*time.Second)
}

// Thousands of folders that hold nothing leave nothing behind to be carried along.
func TestEmptyFoldersLeaveNoTally(t *testing.T) {
	p := shelfOf().plans(t, "main: "+strings.Repeat("dir/ ", 1000))
	s := p.stage(playlist.Entry{}, 0, epoch)
	require.Empty(t, s.choose(playlist.Entry{}).Item.ID)
	require.Empty(t, s.folders)
}
