package configs

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"airloom/playlist/document"
)

// targetFaults is what is wrong with an output's URL, in words that do not hold
// its secrets. Servers take what is not of the right form for another stream, or
// cut it, without a word, so it is refused before anything is sent.
func targetFaults(text string) []string {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return []string{"this is no URL: write rtmp://host/app/stream"}
	case scheme == "rtmp" || scheme == "rtmps":
		return rtmpFaults(scheme, rest)
	case scheme == "rtsp" || scheme == "rtsps":
		return rtspFaults(scheme, text)
	case scheme == "srt":
		return srtFaults(text)
	}
	return []string{fmt.Sprintf("airloom sends by rtmp, rtmps, rtsp, rtsps and srt, not by %q: write rtmp://host/app/stream", scheme)}
}

// rtspFaults is what is wrong with rtsp[s]://[user:password@]host[:port]/path[?query].
func rtspFaults(scheme, text string) (faults []string) {
	u, err := url.Parse(text)
	if err != nil {
		return []string{fmt.Sprintf("this is no URL: write %s://host/path, and percent-encode what is special in a user or password", scheme)}
	}
	if u.Fragment != "" || strings.HasSuffix(text, "#") {
		faults = append(faults, "a # has no place in it: write %23 for one in a password")
	}
	faults = append(faults, hostFaults(u.Host)...)
	if strings.Trim(u.Path, "/") == "" {
		faults = append(faults, fmt.Sprintf("the path to publish at is wanted after the host: write %s://host/path", scheme))
	}
	return faults
}

// srtFaults is what is wrong with srt://host:port?streamid=…&passphrase=…&latency=….
func srtFaults(text string) (faults []string) {
	const form = "write srt://host:port?streamid=…"
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	u, err := url.Parse(text)
	if err != nil {
		return []string{"this is no URL: " + form + ", and percent-encode what is special in it"}
	}
	switch {
	case u.User != nil:
		say("user and password in front of the host are not SRT's: write passphrase=… or what the server wants in streamid=…")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		say("a # has no place in it: write %%23, and streamid=%%23!::r=name for SRT's own form")
	case u.Port() == "":
		say("SRT has no usual port: " + form)
	case strings.Trim(u.Path, "/") != "":
		say("SRT has no path: " + form)
	default:
		faults = append(faults, hostFaults(u.Host)...)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		say("a parameter after the ? is not percent-encoded: write %%25 for %%, %%26 for &, %%20 for a space")
	}
	for name := range query {
		if words := srtParameter(name, query.Get(name)); words != "" {
			say("%s", words)
		}
	}
	return faults
}

// srtParameters are what may be set in an SRT URL, as FFmpeg and OBS write them.
var srtParameters = []string{"streamid", "passphrase", "pbkeylen", "latency", "mode", "pkt_size", "transtype"}

func srtParameter(name, value string) string {
	number := func(least, most int) bool { // whole, in bounds
		n, err := strconv.Atoi(value)
		return err == nil && n >= least && n <= most
	}
	switch name {
	case "streamid":
		if len(value) > 512 {
			return "streamid is longer than SRT's 512 bytes: shorten it"
		}
	case "passphrase":
		if len(value) < 10 || len(value) > 79 {
			return "SRT's passphrase has 10 to 79 characters: write such a one, the server's own"
		}
	case "pbkeylen":
		if value != "0" && value != "16" && value != "24" && value != "32" {
			return "pbkeylen is 16, 24 or 32: write one of them, or leave it out"
		}
	case "latency":
		if number(8001, 8_000_000) {
			n, _ := strconv.Atoi(value)
			return fmt.Sprintf("latency is in milliseconds here, where FFmpeg and OBS count microseconds: write %d for theirs", max(20, n/1000))
		}
		if !number(20, 8000) {
			return "latency is in milliseconds, 20 to 8000: write 120 for a good line, four times the round trip for a bad one"
		}
	case "mode":
		if value != "caller" {
			return "airloom calls the server: write mode=caller, or leave it out"
		}
	case "transtype":
		if value != "live" {
			return "a live stream is sent live: write transtype=live, or leave it out"
		}
	case "pkt_size":
		if value != "1316" {
			return "packets carry seven times 188 bytes: write pkt_size=1316, or leave it out"
		}
	default:
		if near := document.Nearest(name, srtParameters); near != "" {
			return fmt.Sprintf("there is no parameter %q for SRT here: did you mean %s?", name, near)
		}
		// What is not known may be a key in the wrong place.
		return "a parameter after the ? is none of SRT's: write streamid, passphrase, pbkeylen or latency"
	}
	return ""
}

// streamOf is what tells streams apart: the place without what only opens it.
// By SRT, that is in the parameters.
func streamOf(text string) string {
	place, query, _ := strings.Cut(text, "?")
	scheme, rest, _ := strings.Cut(place, "://")
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	if scheme == "srt" {
		if q, err := url.ParseQuery(query); err == nil {
			rest += "?" + q.Get("streamid")
		}
	}
	return scheme + "://" + rest
}
