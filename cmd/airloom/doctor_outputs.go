package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"time"

	"airloom/configs"
	"airloom/encoder"
	"airloom/output"
	"airloom/output/antmedia"
	"airloom/output/rtmp"
	"airloom/output/rtsp"
	"airloom/playout/control"
	"airloom/playout/media"
	"airloom/web"
)

// doctorsID is what is put behind the configured id to make the one that is tried:
// under the configured one somebody may be sending.
const doctorsID = "-airloom-doctor"

// outputsAre tries the way to each server, all at once.
func (x *exam) outputsAre(ctx context.Context) (found []web.Finding) {
	if x.cfg == nil {
		return info("Not looked at: there is no config to go by.", "")
	}
	each := make([][]web.Finding, len(x.cfg.Outputs))
	var group sync.WaitGroup
	for i, o := range x.cfg.Outputs {
		group.Go(func() { each[i] = x.outputIs(ctx, o) })
	}
	group.Wait()
	for i, list := range each {
		for _, f := range list {
			f.Title = strings.TrimSuffix("Output "+x.cfg.Outputs[i].Name+", "+f.Title, ", ")
			found = append(found, f)
		}
	}
	return found
}

// trier is a way out that can be tried without sending anything.
type trier interface {
	Try(ctx context.Context, how output.Trial) []output.Step
	ID() string
}

// outputIs tells how an output does where the channel runs, and tries its way where
// it is not publishing. Nothing is ever tried under the output's own id.
func (x *exam) outputIs(ctx context.Context, o configs.Output) []web.Finding {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, trying)
	defer cancel()
	found, on := x.ownWord(o)
	dial, _, err := wayOf(o.URL.Reveal())
	if err != nil {
		return append(found, info("Not looked at: its address is not in order.", "")...)
	}
	direct, _ := dial.(*rtmp.Dialer)
	api := x.antMediaOf(o)
	if on {
		if api != nil {
			api.ask(ctx, direct.ID(), true)
			found = append(append(found, api.found...), api.viewers(whole)...)
		}
		if encrypted(o) { // its certificate may end soon all the same
			for _, s := range dial.(trier).Try(ctx, output.Trial{Upto: output.StageTLS}) {
				found = append(found, stepIs(s)...)
			}
		}
		return found
	}
	if t, ok := dial.(trier); ok {
		found = append(found, x.publishes(ctx, o, t, api)...)
	} else {
		found = append(found, reaches(ctx, dial)...)
	}
	if api != nil && api.taken {
		found = append(found, api.viewers(whole)...)
	}
	return found
}

func encrypted(o configs.Output) bool {
	return strings.HasPrefix(o.URL.Reveal(), "rtmps:") || strings.HasPrefix(o.URL.Reveal(), "rtsps:")
}

// publishes tries a way out as far as it can be tried.
func (x *exam) publishes(ctx context.Context, o configs.Output, dial trier, api *antExam) (list []web.Finding) {
	how := output.Trial{ID: fmt.Sprintf("%s%s-%04x", dial.ID(), doctorsID, rand.N(1<<16)), Upto: output.StagePublish}
	note := ""
	switch {
	case keyIsAll(o):
		note = "with this service a stream has no id beside its secret key, so there is none to try with"
	case api != nil && x.cfg.AntMedia.Publish.By == antmedia.ByTOTP:
		note = "a one-time password is for the configured id alone"
	}
	switch d := dial.(type) {
	case *rtmp.Dialer:
		if api != nil {
			d.Prepare(api.prepared(dial.ID(), how.ID))
		}
	case *rtsp.Dialer:
		how.Info = x.stream(ctx)
	}
	if note != "" {
		how.Upto = output.StageApp
	}
	steps := dial.Try(ctx, how)
	last := steps[len(steps)-1]
	if api != nil && last.Err == nil && note != "" { // the app has answered
		api.ask(ctx, dial.ID(), false)
	}
	if api != nil {
		api.taken = last.Stage == output.StagePublish && last.Err == nil
	}
	var told []web.Finding
	if api != nil && output.CauseOf(last.Err) == output.CauseNoReason {
		if told = api.untold(ctx, dial, how); told != nil {
			steps = steps[:len(steps)-1]
		}
	}
	for _, s := range steps {
		list = append(list, stepIs(s)...)
	}
	list = append(list, told...)
	switch {
	case note != "" && last.Err == nil:
		list = append(list, titled(string(output.StagePublish), info("Not tried: "+note+".", "Whether the stream is taken shows on air."))...)
	case api != nil && len(api.found) == 0:
		list = append(list, titled("API", info("Not asked: only a server whose app has answered is asked. One that is asked while it starts can come up with its access control off.", ""))...)
	}
	if api != nil {
		list = append(list, api.found...)
	}
	return list
}

// stream is what the encoder would say of the stream.
func (x *exam) stream(ctx context.Context) media.StreamInfo {
	e, err := encoder.Open(encoderConfig(x.cfg), nothing{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return media.StreamInfo{} // the encoder's look tells
	}
	ended, end := context.WithCancel(ctx)
	end()
	_ = e.Run(ended) // which frees it
	return e.Info()
}

// reaches tells whether the server is there, of a way out where no more can be tried:
// by SRT, to agree on a stream is to send it.
func reaches(ctx context.Context, dial output.Dialer) []web.Finding {
	began := time.Now()
	conn, err := dial.Reach(ctx)
	found := stepIs(output.Step{Stage: output.StageReach, Took: time.Since(began), Err: err})
	if err == nil {
		_ = conn.Close()
		found = append(found, titled(string(output.StagePublish), info("Not tried: where the server has agreed on a stream, it takes it for begun.", "Whether the stream is taken shows on air."))...)
	}
	return found
}

// trying is how long the trial of one output may take.
const trying = 10 * time.Second

// ownWord is what a running channel says of the output, and whether it is publishing.
func (x *exam) ownWord(o configs.Output) (found []web.Finding, publishing bool) {
	s, ok := x.ownOutput(o)
	switch {
	case !ok:
		return nil, false
	case s.State == control.Publishing:
		return fine("It has been publishing to %s since %s. So the id is left alone, and not tried.",
			s.Target, s.Since.In(x.cfg.Channel.Location()).Format(time.DateTime)), true
	case s.State == control.Stopped:
		return info("It is stopped, by command.", "Start it when it suits: airloom ctl output start "+o.Name), false
	case s.LastError == "":
		return nil, false
	}
	f := failing(fmt.Sprintf("It is not publishing. At attempt %d it heard: %s.", s.Attempt, strings.TrimSuffix(s.LastError, ".")), "")
	f[0].Cause, f[0].Why = s.Cause, "Nobody sees the channel by this output. It goes on trying by itself."
	f[0].Remedy = remedyOf(output.Cause(s.Cause), x.cfg.ForAntMedia(o)).remedy
	return f, false
}

// ownOutput is the output as the running channel has it; ok is false where none runs.
func (x *exam) ownOutput(o configs.Output) (own control.Output, ok bool) {
	if x.status == nil {
		return own, false
	}
	for _, s := range x.status.Outputs {
		if s.Name == o.Name {
			return s, true
		}
	}
	return own, false
}

// services whose stream key is all there is to tell streams apart.
var services = []string{"youtube.com", "facebook.com", "twitch.tv", "live-video.net"}

// keyIsAll tells services that know a stream by its secret key alone: another one is
// no stream of this operator's.
func keyIsAll(o configs.Output) bool {
	switch o.Preset {
	case "youtube", "facebook", "twitch":
		return true
	}
	u, err := url.Parse(o.URL.Reveal())
	if err != nil {
		return false
	}
	for _, s := range services {
		if u.Hostname() == s || strings.HasSuffix(u.Hostname(), "."+s) {
			return true
		}
	}
	return false
}

// steps is what each step of a trial is called, and what it shows when it went well.
var steps = map[output.Stage]string{
	output.StageName:      "The name is known",
	output.StageReach:     "The port is open",
	output.StageTLS:       "It is encrypted",
	output.StageHandshake: "The server speaks the protocol",
	output.StageApp:       "The application is there",
	output.StagePublish:   "A stream is taken: one of another id was published without media, and taken back",
}

func stepIs(s output.Step) []web.Finding {
	took := millis(s.Took)
	if s.Err != nil {
		cause := output.CauseOf(s.Err)
		f := web.Finding{Level: isError, Title: string(s.Stage), Detail: fmt.Sprintf("%s (after %s).", upper(strings.TrimSuffix(s.Err.Error(), ".")), took),
			Why: "Nothing can be sent by this output.", Remedy: remedies[cause].remedy, Cause: string(cause)}
		if why := remedies[cause].why; why != "" {
			f.Why = why
		}
		switch {
		case s.Stage != output.StagePublish:
		case cause == output.CauseNoReason:
			f.Detail = fmt.Sprintf("The server closed the connection without a word when a stream was named to it (after %s).", took)
			fallthrough
		case cause == output.CauseCredential:
			f.Level = isWarning // it was not the configured id
		}
		return []web.Finding{f}
	}
	words := steps[s.Stage]
	if s.Detail != "" {
		words += ": " + s.Detail
	}
	f := web.Finding{Level: isOK, Title: string(s.Stage), Detail: fmt.Sprintf("%s (%s).", words, took)}
	if !s.Until.IsZero() {
		f.Detail = fmt.Sprintf("%s, good until %s (%s).", words, s.Until.Format(time.DateOnly), took)
		if time.Until(s.Until) < 14*24*time.Hour {
			f.Level, f.Why, f.Cause = isWarning, "Once it has ended, no session can begin, and the next one that breaks does not come back.", "certificate-ends"
			f.Remedy = "Have the server's certificate renewed before."
		}
	}
	return []web.Finding{f}
}
