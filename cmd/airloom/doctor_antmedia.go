package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"airloom/configs"
	"airloom/output"
	"airloom/output/antmedia"
	"airloom/playout/control"
	"airloom/web"
)

// antExam is one output's way to Ant Media Server, with the API's help. The API is
// asked nothing before the server's app has answered by RTMP: see antmedia.
type antExam struct {
	*exam
	o      configs.Output
	client *antmedia.Client
	answer antmedia.Answer // of the configured id; with asked
	asked  bool
	taken  bool          // it takes streams of the doctor's
	found  []web.Finding // by the API
}

// antMediaOf is nil where the output has no API.
func (x *exam) antMediaOf(o configs.Output) *antExam {
	if !x.cfg.ForAntMedia(o) {
		return nil
	}
	c, err := antmedia.NewClient(x.cfg.AntMedia.API, x.cfg.AntMedia.Token.Reveal())
	if err != nil {
		return nil // the config's look tells
	}
	return &antExam{exam: x, o: o, client: c}
}

// ask asks for all there is to know, and judges it.
func (a *antExam) ask(ctx context.Context, id string, publishing bool) {
	a.client.Hide(id, a.cfg.AntMedia.Publish.Secret.Reveal())
	began := time.Now()
	v, err := a.client.Version(ctx)
	if err != nil {
		a.found = append(a.found, apiFault(err)...)
		return
	}
	a.found = append(a.found, versionIs(v, a.client.Host(), time.Since(began)))
	began = time.Now()
	if a.answer, err = a.client.Broadcast(ctx, id); err != nil {
		a.found = append(a.found, apiFault(err)...)
		return
	}
	a.asked = true
	if ahead, ok := a.answer.Offset(time.Since(began)); ok {
		a.found = append(a.found, offsetIs(ahead))
	}
	a.found = append(a.found, a.holderIs(publishing)...)
}

// apiFault is why the API says nothing. The stream does without.
func apiFault(err error) []web.Finding {
	f := web.Finding{Level: isWarning, Title: "API", Detail: upper(err.Error()) + ".",
		Why: "Whether the stream arrives, who holds its id and why it is refused cannot be told, and a session of ours that hangs costs up to 20 s. The stream itself does without."}
	var e *antmedia.Error
	if errors.As(err, &e) {
		f.Cause = string(e.Cause)
		f.Remedy = apiRemedies[e.Cause]
	}
	return []web.Finding{f}
}

var apiRemedies = map[output.Cause]string{
	output.CauseCredential: "Write the app's REST JWT in antmedia.token: signed with HS256 by the secret in the app's settings, jwtSecretKey. Where it has an end, see that it is not over.",
	output.CauseForbidden: "Enter this machine's address in the app's settings, or in its WEB-INF/red5-web.properties: settings.remoteAllowedCIDR=127.0.0.1,ADDRESS/32. " +
		"A server that has started within this minute may say it, too: then look again.",
	output.CauseAppUnknown:    "Write antmedia.api as http://host:5080/APP, with the app of the output's url.",
	antmedia.CauseUnreachable: "See whether the server's HTTP port (5080, or 5443 with https) is open to this machine.",
	antmedia.CauseTimeout:     "See whether the server is overloaded, or has just started: then look again.",
	antmedia.CauseStarting:    "Where the server has just started, look again in a minute.",
	antmedia.CauseTLS:         "Write http:// in antmedia.api where the server has no certificate, or give it one that this machine trusts.",
	antmedia.CauseName:        "Check the spelling of antmedia.api.",
	antmedia.CauseNonsense:    "See what answers there: antmedia.api is the app's address, as http://host:5080/LiveApp.",
	antmedia.CauseElsewhere:   "Write the address that it sends to in antmedia.api.",
}

func versionIs(v antmedia.Version, host string, took time.Duration) web.Finding {
	words := fmt.Sprintf("Ant Media Server %s %s at %s (%s)", v.Name, v.Type, host, millis(took))
	if v.Name != antmedia.Tested {
		return web.Finding{Level: isInfo, Title: "API", Detail: fmt.Sprintf("%s. This version has not been tried with airloom: %s has.", words, antmedia.Tested), Cause: "version-untried"}
	}
	return web.Finding{Level: isOK, Title: "API", Detail: words + ", the version that airloom is tested with."}
}

// apart is how far two clocks may be from each other. A server tells whole seconds.
const apart = 2 * time.Second

func offsetIs(ahead time.Duration) web.Finding {
	f := web.Finding{Level: isOK, Title: "clocks", Detail: "The server's clock and this one agree, as far as whole seconds tell."}
	if ahead.Abs() >= apart {
		which := "ahead of"
		if ahead < 0 {
			which = "behind"
		}
		f.Level, f.Cause = isWarning, "clocks-apart"
		f.Detail = fmt.Sprintf("The server's clock is %.0f s %s this one, give or take one.", ahead.Abs().Seconds(), which)
		f.Why = "One of them is wrong. What is scheduled airs by this one; tokens, JWTs, one-time passwords and planned dates hold by the server's."
		f.Remedy = "On both machines: 'timedatectl' tells whether the clock is synchronised, 'timedatectl set-ntp true' has it kept right."
	}
	return f
}

// holderIs tells who holds the id, and whether it can be published to.
func (a *antExam) holderIs(publishing bool) []web.Finding {
	one := func(level string, cause output.Cause, detail string) []web.Finding {
		r := remedyOf(cause, true)
		if level == isInfo { // it goes by itself
			r.remedy = ""
		}
		return []web.Finding{{Level: level, Title: "stream id", Detail: detail, Why: r.why, Remedy: r.remedy, Cause: string(cause)}}
	}
	held := a.answer.Known && a.answer.Held()
	switch {
	case held && !publishing && a.onAir():
		return a.heldIs(one)
	case publishing && held:
		f := fine("The server receives it: %s, for %s.", sizeOf(a.answer), a.answer.Running(time.Now()).Round(time.Second))
		f[0].Title = "stream id"
		return f
	case publishing:
		return one(isError, causeNotReceived, "We publish, and the server says that nobody does.")
	case held && a.cfg.AntMedia.Takeover:
		return one(isInfo, output.CauseIDInUse, upper(a.answer.Holder(time.Now()))+". When the channel starts, it takes over (antmedia.takeover).")
	case held:
		return one(isError, output.CauseIDInUse, upper(a.answer.Holder(time.Now()))+".")
	case a.answer.Known && a.answer.Outside() != "":
		return one(isError, output.CauseNotNow, upper(a.answer.Outside())+".")
	case a.answer.Known:
		f := fine("The server knows the id, and nobody sends under it.")
		f[0].Title = "stream id"
		return f
	}
	f := fine("Nobody sends under the id.")
	f[0].Title = "stream id"
	return f
}

// heldIs tells who holds the id while the channel is on air and does not publish.
// Whose session it is the channel knows, which remembers its own: so its word counts.
func (a *antExam) heldIs(one func(level string, cause output.Cause, detail string) []web.Finding) []web.Finding {
	holder := a.answer.Holder(time.Now()) + "."
	own, ok := a.ownOutput(a.o)
	switch cause := output.Cause(own.Cause); {
	case ok && own.State != control.Stopped && cause == output.CauseGhost:
		return one(isWarning, cause, "The server still holds the channel's last session under the id.")
	case ok && own.State == control.Stopped:
		return one(isInfo, output.CauseIDInUse, upper(holder)+" The output is stopped, and hears of it when it is started.")
	case a.cfg.AntMedia.Takeover:
		return one(isInfo, output.CauseIDInUse, upper(holder)+" The channel takes over with its next attempt (antmedia.takeover).")
	case cause == output.CauseIDInUse:
		return one(isError, cause, upper(holder))
	}
	return one(isWarning, causeHeld, "A session is held under the id, and the channel has not said whose. If it is none of its own: "+holder)
}

func sizeOf(a antmedia.Answer) string {
	if a.Width == 0 {
		return "its first pictures"
	}
	return fmt.Sprintf("%dx%d at %.2f of real time", a.Width, a.Height, a.Speed)
}

// prepared has what the trial shows that it may publish, once the app has answered.
func (a *antExam) prepared(id, trial string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if len(a.found) == 0 {
			a.ask(ctx, id, false)
		}
		p := a.cfg.AntMedia.Publish
		by := antmedia.Credential{By: p.By, Secret: p.Secret.Reveal(), Subscriber: p.Subscriber}
		now := time.Now()
		if a.asked && !a.answer.Date.IsZero() {
			now = now.Add(a.answer.Date.Sub(a.answer.At))
		}
		query, err := by.Query(ctx, a.client, trial, now)
		if err != nil {
			return "", &output.Fault{Kind: output.KindRefused, Cause: output.CauseCredential, Err: fmt.Errorf("there is nothing to show that we may publish: %w", err)}
		}
		return query, nil
	}
}

// untold finds out what a refusal without a word means: a server that takes only ids
// that it knows takes the trial's once that was created there.
func (a *antExam) untold(ctx context.Context, dial trier, how output.Trial) []web.Finding {
	if !a.asked {
		return nil
	}
	f := web.Finding{Title: string(output.StagePublish), Cause: string(output.CauseIDUnknown), Why: remedies[output.CauseIDUnknown].why}
	if err := a.client.Create(ctx, how.ID); err != nil {
		f.Level, f.Detail, f.Remedy = isWarning, fmt.Sprintf("The server refuses an id that it does not know, and one for the trial could not be created: %v.", err), remedies[output.CauseIDUnknown].remedy
		return []web.Finding{f}
	}
	defer func() { _ = a.client.Delete(context.WithoutCancel(ctx), how.ID) }()
	steps := dial.Try(ctx, how)
	if last := steps[len(steps)-1]; last.Err != nil {
		return nil
	}
	a.taken = true
	switch {
	case a.answer.Known:
		f.Level, f.Cause, f.Why = isOK, "", ""
		f.Detail = "The server takes only ids that were created there (acceptOnlyStreamsInDataStore). The configured one was; one made for the trial was taken, too."
	case a.cfg.AntMedia.Create:
		f.Level, f.Cause, f.Why = isOK, "", ""
		f.Detail = "The server takes only ids that were created there (acceptOnlyStreamsInDataStore). The channel creates the configured one when it starts; one made for the trial was taken."
	default:
		f.Level, f.Detail = isError, "The server takes only ids that were created there (acceptOnlyStreamsInDataStore), and the configured one was not."
		f.Remedy = "Create the stream in the server's panel, with the id as in the url; or let the channel do it: antmedia.create: true."
	}
	return []web.Finding{f}
}

// viewers tells what a reconnect does to who watches by HLS, if there is time for it.
func (a *antExam) viewers(ctx context.Context) []web.Finding {
	switch {
	case !a.asked:
		return nil
	case !a.thorough:
		return titled("HLS", info("What a reconnect does to who watches by HLS has not been tried: it takes a minute, and a stream of the doctor's own.", "airloom doctor --thorough"))
	}
	return a.jointIs(ctx)
}

// millis is a short time for people.
func millis(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// titled is the findings, each under that title unless it has one.
func titled(title string, list []web.Finding) []web.Finding {
	for i := range list {
		if list[i].Title == "" {
			list[i].Title = title
		}
		list[i].Title = strings.TrimSpace(list[i].Title)
	}
	return list
}
