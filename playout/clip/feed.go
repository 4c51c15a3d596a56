package clip

import (
	"strings"

	"github.com/asticode/go-astiav"
)

// FeedFD is the file from which a producer is read: one end of a socket that whoever
// started this process left it, with FLV coming out of it.
const FeedFD = 5

// Producer is whom a source such as ingest://NAME names.
func Producer(source string) (name string, ok bool) { return strings.CutPrefix(source, "ingest://") }

// Fed reports whether the source is a producer.
func Fed(source string) bool {
	_, ok := Producer(source)
	return ok
}

// hintFed names the demuxer of what producers send.
func hintFed() *astiav.InputFormat { return astiav.FindInputFormat("flv") }
