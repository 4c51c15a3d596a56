package schedule

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

var epoch = Clock{time.Unix(0, 0)}

func main1(t testing.TB, words string) *Plans { return plans(t, file(t, "main.yml", words, "")) }

func TestBaseRepeatsForEver(t *testing.T) {
	p := main1(t, "a b*3 c")
	e := p.Next(playlist.Entry{}, Ended, 0, epoch)
	require.Equal(t, "a", e.Item.Source)
	require.Equal(t, "main.yml", e.Playlist)
	require.Equal(t, playlist.ModeBase, e.Mode)
	require.Equal(t, "b0 b1 b2 c0 a0 b0", follow(p, e, 6))
	e = p.Next(e, Ended, 0, epoch)
	require.Equal(t, 1, e.Index)
	e.Round = 2
	require.Equal(t, "c0", follow(p, e, 1), "who raises the round passes over the airings between")
}

func TestBaseOfOneAndOfNone(t *testing.T) {
	none, one := main1(t, ""), main1(t, "a")
	require.Zero(t, none.Next(playlist.Entry{}, Ended, 0, epoch))
	require.Zero(t, none.Next(playlist.Entry{Item: playlist.Item{ID: "gone"}}, Ended, 0, epoch))
	require.Equal(t, Never, none.Cut(playlist.Entry{}, 0, epoch))
	require.Equal(t, "a0 a0", follow(one, playlist.Entry{}, 2))
	a := one.Next(playlist.Entry{}, Ended, 0, epoch)
	require.Zero(t, none.Next(a, Ended, 0, epoch), "nothing follows in an empty playlist")
	require.Equal(t, "y0 x0", follow(main1(t, "x a y"), a, 2), "identity outlives an empty playlist")
}

func TestBaseAfterEdits(t *testing.T) {
	for _, c := range []struct{ before, at, after, want string }{
		{"a b c", "b", "c b a", "a0 c0"},        // moved: on from where it stands now
		{"a b c", "b", "a b x c", "x0 c0"},      // something new behind it
		{"a b c", "b", "a c", "c0 a0"},          // gone: the next one
		{"a b c d", "b", "a d", "d0 a0"},        // and the next of it as well
		{"a b c", "c", "x a b", "a0 b0"},        // gone at the end: round to the first survivor
		{"a b c", "b", "x a", "a0 x0"},          // only the one before it is left
		{"a b c", "b", "x y", "x0 y0"},          // all gone: from the beginning
		{"a a a b", "a", "a a b", "a0 b0"},      // one of several alike
		{"a b*3 c", "b", "a b*2 c", "c0 a0"},    // another item now: the next
		{"a b c", "b", "x b x c", "x0 c0"},      // among doubles
		{"a b c d e", "c", "e d x", "d0 x0 e0"}, // survivors in another order
	} {
		p := main1(t, c.before)
		e := p.Next(playlist.Entry{}, Ended, 0, epoch)
		for e.Item.Source != c.at {
			e = p.Next(e, Ended, 0, epoch)
		}
		p = main1(t, c.after)
		require.Equal(t, c.want, follow(p, e, len(strings.Fields(c.want))), "%+v", c)
		data, err := Save(e, Ended)
		require.NoError(t, err)
		e, left, err := Restore(data)
		require.NoError(t, err)
		require.Equal(t, Ended, left)
		require.Equal(t, c.want, follow(p, e, len(strings.Fields(c.want))), "restored: %+v", c)
	}
}

func TestItemOnAirGoesOnThroughAnEdit(t *testing.T) {
	e := main1(t, "a60 b60").Next(playlist.Entry{}, Ended, 0, epoch)
	p := main1(t, "x60 a60 y60")
	next := p.Next(e, 100, 100, epoch)
	require.Equal(t, "a60", next.Item.Source)
	require.EqualValues(t, 100, next.From)
	require.EqualValues(t, 1400, next.Ticks)
	gone := main1(t, "x60 b60")
	next = gone.Next(e, 100, 100, epoch)
	require.Equal(t, "b60", next.Item.Source)
	require.Zero(t, next.From)
}

func TestLessThanTwoSecondsAreNotWorthReturningTo(t *testing.T) {
	p := planned(t, `main: a60 b60 c`, `h: h1 | {at: "2026-07-14 20:00"}`)
	for left, want := range map[int64]string{1450: "a60", 1451: "b60"} {
		c := at(t, "20:00")
		c.Zero = c.Zero.Add(-pal.Due(left))
		a := p.Next(playlist.Entry{}, Ended, 0, c)
		h := p.Next(a, left, left, c)
		require.Equal(t, "h1", h.Item.Source)
		require.Equal(t, want, p.Next(h, Ended, left+25, c).Item.Source)
	}
	p = main1(t, "a60 b60 c")
	a := p.Next(playlist.Entry{}, Ended, 0, epoch)
	require.EqualValues(t, 1451, p.Next(a, 1451, 1451, epoch).From, "nothing came between")
	c := p.Next(p.Next(a, Ended, 0, epoch), Ended, 0, epoch)
	require.EqualValues(t, 1<<40, p.Next(c, 1<<40, 0, epoch).From, "nobody knows how much is left")
}

func TestAnotherBaseBeginsAtItsBeginning(t *testing.T) {
	e := main1(t, "a b c").Next(playlist.Entry{}, Ended, 0, epoch)
	p := plans(t, file(t, "other.yml", "x b", ""))
	require.Equal(t, "x0 b0", follow(p, e, 2))
}

func TestMissingBase(t *testing.T) {
	p, ps := New(Inputs{Base: "main.yml", Grid: pal})
	require.Contains(t, ps.String(), "main.yml:1:1: there is no such playlist")
	require.Zero(t, p.Next(playlist.Entry{}, Ended, 0, epoch))
}

// Whatever is edited while whoever walks it, what comes is in the playlist.
func TestRundownUnderEdits(t *testing.T) {
	lists := []*Plans{main1(t, "a b c"), main1(t, "c b*2"), main1(t, "d"), main1(t, "a a a")}
	r := NewRundown(lists[0], epoch)
	var group sync.WaitGroup
	group.Go(func() {
		for range 2000 {
			r.Replace(lists[rand.N(len(lists))])
			r.SetClock(epoch)
		}
	})
	for range 2 {
		group.Go(func() {
			e := playlist.Entry{}
			for n := range int64(2000) {
				e = r.Next(e, Ended, n)
				if e.Item.ID == "" || e.Round >= e.Item.Repeat || r.Cut(e, n) != Never {
					t.Errorf("%+v is no entry", e)
				}
			}
		})
	}
	group.Wait()
}

func TestRundownBeginsWhereItIsTold(t *testing.T) {
	p := main1(t, "a60 b60")
	a := p.Next(playlist.Entry{}, Ended, 0, epoch)
	r := NewRundown(p, epoch)
	require.Equal(t, "a60", r.Next(playlist.Entry{}, Ended, 0).Item.Source)
	r.Begin(a, 500)
	require.EqualValues(t, 500, r.Next(playlist.Entry{}, Ended, 0).From)
	r.Begin(a, Ended)
	require.Equal(t, "b60", r.Next(playlist.Entry{}, Ended, 0).Item.Source)
}
