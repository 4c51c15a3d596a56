package worker

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resident is how much of its files this process has in memory, in kB.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	found := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, found)
	kb, err := strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	return kb
}

func TestTrimGivesBackWhatTheStartNeeded(t *testing.T) {
	before := resident(t)
	Trim()
	require.Less(t, resident(t), before)
}

// What is touched again brings no more back than the piece it lies in.
func TestNoMoreIsMappedThanThePieceThatIsTouched(t *testing.T) {
	own := program()
	part(own, keeperPiece)
	give(own)
	here := uint64(reflect.ValueOf(TestNoMoreIsMappedThanThePieceThatIsTouched).Pointer())
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	for line := range strings.Lines(string(maps)) {
		a, b, _ := strings.Cut(strings.Fields(line)[0], "-")
		from, _ := strconv.ParseUint(a, 16, 64)
		to, _ := strconv.ParseUint(b, 16, 64)
		if from <= here && here < to {
			require.LessOrEqual(t, to-from, uint64(keeperPiece))
			return
		}
	}
	t.Fatal("the code of this test is in no mapping")
}
