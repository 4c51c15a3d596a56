package main

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/vet"
)

// Files with the same flaw are told together: ten by name, the rest by number.
func TestDoctorGroupsFiles(t *testing.T) {
	found := map[vet.Flaw][]string{vet.NoSound: {"a.mp4"}}
	for i := range 52 {
		found[vet.BrokenTail] = append(found[vet.BrokenTail], remarked(fmt.Sprintf("f%02d.mp4", i), vet.Remark{Flaw: vet.BrokenTail, Detail: fmt.Sprintf("f%02d.mp4 ended early", i)}))
	}
	list := flawWords(found, 60, 100)
	require.Len(t, list, 3)
	require.Equal(t, "Media, broken at the end", list[0].Title)
	require.Equal(t, []string{isWarning, "broken-tail"}, []string{list[0].Level, list[0].Cause})
	require.Contains(t, list[0].Detail, "52 files: f00.mp4 (ended early); f01.mp4 (ended early)")
	require.Contains(t, list[0].Detail, "f09.mp4 (ended early); and 42 more.")
	require.Equal(t, "1 file: a.mp4.", list[1].Detail)
	require.Contains(t, list[2].Detail, "60 of 100 media files looked over")
	require.Contains(t, list[2].Remedy, "--thorough")
	require.Equal(t, fine("7 media files looked over: nothing odd about them."), flawWords(nil, 7, 7))
	require.Equal(t, isInfo, flawWords(nil, 0, 0)[0].Level)
	for _, f := range flaws {
		require.NotEmpty(t, f.why+f.remedy, f.flaw)
	}
	all := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	require.NotEqual(t, all, spread(all))
	require.Equal(t, all, slices.Sorted(slices.Values(spread(all))))
}

// A folder item airs what lies in its folder; recursive, in the folders below as well.
func TestDoctorKnowsWhatFoldersAir(t *testing.T) {
	var all []schedule.File
	for _, name := range []string{"top.mp4", "one.mp4", "films/a.mp4", "films/old/b.mp4", "filmstrips/c.mp4", "news/d.mp4", "news/old/e.mp4"} {
		all = append(all, schedule.File{Path: name})
	}
	named, others := sorted("/media", []playlist.Item{{Source: "one.mp4"}, {Folder: &playlist.Folder{Path: "films/", Recursive: true}}, {Folder: &playlist.Folder{Path: "news"}}}, all)
	require.Equal(t, []string{"films/a.mp4", "films/old/b.mp4", "news/d.mp4", "one.mp4"}, slices.Sorted(maps.Keys(named)))
	require.Equal(t, []string{"top.mp4", "filmstrips/c.mp4", "news/old/e.mp4"}, others)
	_, others = sorted("/media", []playlist.Item{{Folder: &playlist.Folder{Path: ".", Recursive: true}}}, all)
	require.Empty(t, others)
	_, others = sorted("/media", []playlist.Item{{Folder: &playlist.Folder{Path: "."}}}, all)
	require.Len(t, others, len(all)-2)
}
