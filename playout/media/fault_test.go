package media

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWords(t *testing.T) {
	require.Empty(t, Words(nil, 10))
	_, err := os.Open(t.TempDir() + "/x")
	require.Equal(t, "no such file or directory", Words(err, 100), "the path is known")
	require.Equal(t, "a\uFFFDb", Words(errors.New("a\xffb"), 100))
	require.Equal(t, "éé", Words(errors.New(strings.Repeat("é", 50)), 5), "no half of a letter")
}
