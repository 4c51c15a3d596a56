package antmedia

import (
	"fmt"
	"time"

	"airloom/output"
)

// Case is what is known when a server has closed the connection in place of
// taking the stream: that is all it does, whatever the reason.
type Case struct {
	Answer Answer // what the server says of the broadcast; with Err not valid
	Err    error  // why it could not be asked
	Past   Past
	Now    time.Time
	// Credential is how we showed that we may publish; ByNone: not at all.
	Credential string
	NoToken    error // why that could not be shown; nil: it was
	NotMade    error // why the broadcast could not be created; nil: it was, or was not to be
	// Since our last session there was, or zero:
	Refused time.Time // the first such refusal
	Stopped time.Time // the last session that we had the server stop
}

// closes is for how long a server may still refuse an id for the sake of a session
// that it calls finished. One that was frozen takes a second or two.
const closes = 10 * time.Second

// closing reports whether the refusal is likely no more than that. A refusal for
// another reason does not end by itself, so that this does not hold for long.
func (c Case) closing() bool {
	switch a := c.Answer; {
	case c.Err != nil || !a.Known || a.Held():
		return false
	case !c.Stopped.IsZero():
		return c.Now.Sub(c.Stopped) < closes
	case c.Past.Broke.IsZero() || c.Past.Started != 0 && !c.Past.near(a):
		return false
	}
	return c.Now.Sub(c.Refused) < closes
}

// Explain puts such a refusal into words and a cause.
func Explain(c Case) *output.Fault {
	a := c.Answer
	say := func(cause output.Cause, format string, args ...any) *output.Fault {
		return &output.Fault{Kind: output.KindRefused, Cause: cause, Err: fmt.Errorf("the server refused the stream: "+format, args...)}
	}
	switch {
	case c.NoToken != nil:
		return say(output.CauseCredential, "there was nothing to show that we may publish: %w", c.NoToken)
	case c.Err != nil:
		return say(output.CauseNoReason, "it closed the connection without a word, and %w", c.Err)
	case !a.Known && c.NotMade != nil:
		return say(output.CauseIDUnknown, "it takes only ids that it knows, not this one, and creating it failed: %w", c.NotMade)
	case !a.Known:
		return say(output.CauseIDUnknown, "it takes only ids that it knows, and not this one: create the stream there, or set antmedia.create: true")
	}
	switch OwnerOf(a, c.Past, c.Now) {
	case Ours:
		return say(output.CauseGhost, "it still holds our last session, which began %s ago: it lets go of it within 20 s", rough(a.Running(c.Now)))
	case Stranger:
		return say(output.CauseIDInUse, "%s: stop it there, choose another id, or set antmedia.takeover: true", holder(a, c.Now))
	}
	if words := a.outside(); words != "" {
		return say(output.CauseNotNow, "%s", words)
	}
	if c.closing() {
		return say(output.CauseGhost, "it is still closing the last session under this id: that takes it a moment")
	}
	switch c.Credential {
	case ByNone:
		return say(output.CauseNoReason, "it knows the id, and nobody holds it: the app may ask for a token, JWT, hash or one-time password (antmedia.publish), or its webhook forbids it")
	case byURL:
		return say(output.CauseCredential, "it knows the id, and nobody holds it: the token or code in the output's url is wrong, or no longer valid")
	}
	return say(output.CauseCredential, "it knows the id, and nobody holds it: the %s that we showed is not accepted: check antmedia.publish against the app's settings", proofs[c.Credential])
}

// byURL is a credential that stands in the output's URL.
const byURL = "url"

var proofs = map[string]string{
	ByToken: "one-time token", ByJWT: "JWT", ByTOTP: "one-time password", ByHash: "hash",
}

// holder says who holds the id, and since when, as far as the server tells.
func holder(a Answer, now time.Time) string {
	words := "somebody else sends under this stream id"
	switch {
	case a.Type == "streamSource" || a.Type == "ipCamera":
		words = "the server itself fetches a stream under this id"
	case a.Type != "liveStream":
		words = "the server itself uses this id for a " + a.Type
	case a.RemoteIP != "":
		words += " from " + a.RemoteIP
	}
	if d := a.Running(now); d > 0 {
		words += fmt.Sprintf(", for %s now (since %s)", rough(d), time.UnixMilli(a.StartTime).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if a.Width > 0 {
		words += fmt.Sprintf(", %dx%d", a.Width, a.Height)
	}
	if d := a.Idle(now); d > silent {
		words += fmt.Sprintf("; nothing has come from there for %s", rough(d))
	}
	return words
}

// silent is when a session that sends nothing shows: the server renews its
// figures every ten seconds.
const silent = 12 * time.Second

// outside says why the broadcast may not be published at the answer's time, by
// the server's clock; "": it may.
func (a Answer) outside() string {
	if a.Date.IsZero() {
		return ""
	}
	now, stamp := a.Date.Unix(), func(s int64) string { return time.Unix(s, 0).UTC().Format("2006-01-02 15:04:05 UTC") }
	if a.PlannedStart != 0 && a.PlannedEnd != 0 && (now < a.PlannedStart || now > a.PlannedEnd) {
		return fmt.Sprintf("the stream is planned there from %s to %s, and by the server's clock it is %s: change its dates",
			stamp(a.PlannedStart), stamp(a.PlannedEnd), stamp(now))
	}
	if a.Expires != 0 && a.Date.UnixMilli() > a.Created+a.Expires {
		return fmt.Sprintf("the stream expired there at %s: create it anew", stamp((a.Created+a.Expires)/1000))
	}
	return ""
}

// rough is a duration for people.
func rough(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return d.Round(time.Second).String()
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d.Round(time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%d days", d.Round(24*time.Hour)/(24*time.Hour))
}
