package ingest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// chunk is a chunk of the full form.
func chunk(id byte, kind byte, length int, body ...byte) []byte {
	return append([]byte{id, 0, 0, 9, byte(length >> 16), byte(length >> 8), byte(length), kind, 1, 0, 0, 0}, body...)
}

func reader(parts ...[]byte) *chunks { return newChunks(bytes.NewReader(bytes.Join(parts, nil))) }

func TestMessagesArePutTogether(t *testing.T) {
	long := bytes.Repeat([]byte("ab"), 100)
	c := reader(
		chunk(4, 9, 200, long[:128]...), chunk(5, 8, 2, 1, 2), append([]byte{0xc4}, long[128:]...),
		[]byte{0x45, 0, 0, 5, 0, 0, 1, 8, 7}, []byte{0x85, 0, 0, 6, 8}, []byte{0xc5, 9},
		chunk(2, kindChunkSize, 4, 0, 0, 0x10, 0), chunk(6, 9, 200, long...),
		[]byte{0x07, 0xff, 0xff, 0xff, 0, 0, 1, 9, 0, 0, 0, 0, 1, 2, 3, 4, 5},
		[]byte{0x00, 10, 0, 0, 1, 0, 0, 1, 9, 0, 0, 0, 0, 6}, []byte{0x01, 10, 1, 0, 0, 2, 0, 0, 1, 9, 0, 0, 0, 0, 7},
		chunk(8, 9, 5000, make([]byte, 4096)...), chunk(2, kindAbort, 4, 0, 0, 0, 8), chunk(8, 9, 1, 8),
	)
	for _, want := range []message{
		{8, 9, []byte{1, 2}}, {9, 9, long}, {8, 14, []byte{7}}, {8, 20, []byte{8}}, {8, 26, []byte{9}},
		{9, 9, long}, {9, 0x01020304, []byte{5}}, {9, 1, []byte{6}}, {9, 2, []byte{7}}, {9, 9, []byte{8}},
	} {
		m, err := c.next()
		require.NoError(t, err)
		require.Equal(t, want, m)
	}
	_, err := c.next()
	require.ErrorContains(t, err, "EOF")
	require.Zero(t, c.held)
}

func TestWhatASenderMayHaveUsHoldIsBounded(t *testing.T) {
	for name, c := range map[string]*chunks{
		"a message of 65537 bytes":               reader(chunk(4, 9, heldBefore+1)),
		"a chunk size of 0 bytes":                reader(chunk(2, kindChunkSize, 4, 0, 0, 0, 0)),
		"begins in the middle":                   reader([]byte{0xc4, 1}),
		"begins before the last one is complete": reader(chunk(4, 9, 200, make([]byte, 128)...), chunk(4, 9, 1, 1)),
		"more than 32 chunk streams":             reader(manyStreams()),
		"EOF":                                    reader(chunk(4, 9, 10, 1)),
		"a chunk size of 2147483648 bytes":       reader(chunk(2, kindChunkSize, 4, 0x80, 0, 0, 0)),
	} {
		var err error
		for err == nil {
			_, err = c.next()
		}
		require.ErrorContains(t, err, name)
	}
}

func manyStreams() []byte {
	var b []byte
	for i := range byte(maxStreams + 1) {
		b = append(b, chunk(3+i, 9, 1, 1)...)
	}
	return b
}

// Many messages that are begun and never completed are refused in all, too.
func TestUnfinishedMessagesTogether(t *testing.T) {
	var parts [][]byte
	for i := range byte(30) {
		parts = append(parts, chunk(3+i, 9, heldBefore, make([]byte, firstSize)...))
	}
	for range 30 {
		for i := range byte(30) {
			parts = append(parts, append([]byte{0xc0 | (3 + i)}, make([]byte, firstSize)...))
		}
	}
	c := reader(parts...)
	_, err := c.next()
	require.ErrorContains(t, err, "more than 65536 bytes of messages that are not complete")
	require.LessOrEqual(t, c.held, heldBefore)
}

// Whatever arrives, what is held stays within bounds and nothing panics.
func FuzzChunks(f *testing.F) {
	f.Add(bytes.Join([][]byte{chunk(4, 9, 200, make([]byte, 128)...), {0xc4}, make([]byte, 72)}, nil))
	f.Add(chunk(2, kindChunkSize, 4, 0, 0, 0x10, 0))
	f.Add(chunk(3, kindCommand0, 12, 2, 0, 7, 'p', 'u', 'b', 'l', 'i', 's', 'h', 10, 0xff, 0xff))
	f.Add([]byte{0x01, 10, 1, 0xff, 0xff, 0xff, 0, 0, 1, 9, 0, 0, 0, 0, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, got := newChunks(bytes.NewReader(data)), 0
		p := &producer{name: "x", change: func() {}}
		x := &session{in: c}
		p.session = x
		for {
			m, err := c.next()
			require.LessOrEqual(t, c.held, c.most)
			require.LessOrEqual(t, len(c.streams), maxStreams)
			if err != nil {
				break
			}
			got += len(m.body)
			_, _ = m.command()
			roleOf(m)
			p.data(x, m)
			p.take(x, m, p.last)
		}
		require.LessOrEqual(t, got, len(data))
		require.LessOrEqual(t, c.read, uint64(len(data)))
	})
}
