package antmedia

import (
	"fmt"
	"time"

	"airloom/output"
)

// Alert is what is wrong with a stream at the server, and likely why.
type Alert struct {
	Severity string // error or warning
	Code     string // a fixed word: antmedia-…
	Message  string
}

const (
	slowest   = 0.97
	slowTimes = 2           // updates in a row, of ten seconds each
	firstTime = time.Minute // in which a server that starts may say no
)

// alerts are what is wrong now. other is whether the server has made another id of
// our URL.
func (s sight) alerts(now time.Time, width, height int, other bool) (list []Alert) {
	say := func(severity, code, format string, args ...any) {
		list = append(list, Alert{severity, "antmedia-" + code, fmt.Sprintf(format, args...)})
	}
	if e := s.err; e != nil {
		if !e.Fleeting() || now.Sub(s.errAt) >= firstTime {
			say("warning", apiCode(e.Cause), "what arrives cannot be checked: %s. The stream is sent all the same", e)
		}
		return list
	}
	a := s.last.answer
	switch {
	case s.last.at.IsZero():
		return nil
	case other: // which is not said: it may be somebody's secret
		say("error", "other-id", "the server seems to publish our stream under another id than that in the output's url, where nobody finds it: it has a session that began with ours, of the same size, and none under our id. Write rtmp://host/app/id, with nothing between app and id")
	case now.Sub(s.since()) < lapses:
	case s.last.foreign:
		say("error", "not-received", "we send, and the session there is not ours: it began at another time. antmedia.api leads to another server than the output's url, or somebody else sends under this id")
	case !a.Known || !a.Held():
		say("error", "not-received", "we send, and the server has no such session (%s): it goes by another id, or antmedia.api leads to another server than the output's url", status(a))
	default:
		say("error", "not-received", "we send, and for %s nothing has arrived at the server: it has frozen, or something between takes the stream and does not pass it on; a restart of the output, airloom ctl output stop and start, begins a new session",
			rough(now.Sub(s.since())))
	}
	if s.slow >= slowTimes {
		say("warning", "slow", "the server receives %.2f seconds of the stream a second: the network to it is too narrow, or one of both machines is overloaded; viewers will wait. Lower encoder.video.maxrate, or see which", a.Speed)
	}
	if a.Held() && !s.last.foreign && a.Width > 0 && (a.Width != width || a.Height != height) {
		say("warning", "size", "the server shows %dx%d for the stream, and we send %dx%d: it kept the size of an earlier session, or shows another stream than ours", a.Width, a.Height, width, height)
	}
	return list
}

func status(a Answer) string {
	if !a.Known {
		return "unknown"
	}
	return a.Status
}

// apiCode is the code of an alert for what is wrong with the API.
func apiCode(c output.Cause) string {
	switch c {
	case output.CauseForbidden, output.CauseCredential, output.CauseAppUnknown:
		return string(c)
	}
	return "api"
}

// Codes are those of all alerts there can be.
func Codes() []string {
	return []string{"antmedia-api", "antmedia-forbidden", "antmedia-credential", "antmedia-app-unknown",
		"antmedia-not-received", "antmedia-other-id", "antmedia-slow", "antmedia-size"}
}
