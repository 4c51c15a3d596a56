package clip

import (
	"fmt"
	"strings"
	"time"
)

// FeedFD is the file from which a producer is read: one end of a socket that whoever
// started this process left it, with FLV coming out of it.
const FeedFD = 5

// fedWithin is how long a producer may say nothing: how long it is waited for, whoever
// keeps the other end decides.
const fedWithin = 24 * time.Hour

// Producer is whom a source such as ingest://NAME names.
func Producer(source string) (name string, ok bool) { return strings.CutPrefix(source, "ingest://") }

// Fed reports whether the source is a producer.
func Fed(source string) bool {
	_, ok := Producer(source)
	return ok
}

// fedOptions are libav's options for a producer. Its headers come first: there is
// next to nothing to be found out.
func fedOptions(set func(k, v string)) {
	set("fd", fmt.Sprint(FeedFD))
	set("protocol_whitelist", "fd")
	set("format_whitelist", "flv")
	set("analyzeduration", fmt.Sprint(time.Second.Microseconds()))
	set("fpsprobesize", "0")
}
