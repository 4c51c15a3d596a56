package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"airloom/output"
	"airloom/output/rtmp"
	"airloom/playout/media"
	"airloom/playout/timeline"
	"airloom/web"
)

const (
	// A stream of that length makes some segments of HLS, of two seconds each as the
	// server is delivered.
	sends = 6 * time.Second
	// between is how long the stream is away. What a server makes of an end it has
	// made by then.
	between = 1500 * time.Millisecond
	// deletes is within what time after a session's end a server that deletes its
	// files does so, as it is delivered: 15 segments of two seconds, and a little.
	deletes = 36 * time.Second
)

// viewersRemedy is what to write on the server.
const viewersRemedy = "In the app's WEB-INF/red5-web.properties (webapps/%s on the server), write these lines, then restart the server:\n" +
	"settings.deleteHLSFilesOnEnded=false\n" +
	"settings.hlsflags=delete_segments+program_date_time+append_list+omit_endlist"

// jointIs tells what a reconnect does to who watches by HLS. The server's settings
// cannot be read with the app's token, so a stream of the doctor's own is sent, ended
// and sent again, and its playlist looked at meanwhile.
func (a *antExam) jointIs(ctx context.Context) []web.Finding {
	dial, id, err := a.other()
	if err != nil {
		return nil // its address has been told of
	}
	p := &packets{}
	cfg := encoderConfig(a.cfg)
	cfg.House = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}
	cfg.Video.Keyint, cfg.Video.MinKeyint = 25, 25
	_, info, err := codes(ctx, cfg, sends, p)
	if err != nil {
		return nil // the encoder's look tells
	}
	if a.client.Create(ctx, id) == nil { // a server may take only what was created there
		defer func() { _ = a.client.Delete(context.WithoutCancel(ctx), id) }()
	}
	j := joint{id: id}
	for _, to := range []*string{&j.first, &j.second} {
		if err := a.send(ctx, dial, info, p.list, id, to); err != nil {
			return titled("HLS", warning(fmt.Sprintf("What a reconnect does to viewers could not be tried: %v.", err), "See what the other findings tell, then look again."))
		}
		if to == &j.first {
			a.watch(ctx, id, between, &j.gap, func() bool { return false })
		}
	}
	if j.second != "" {
		gone := a.deletes
		if gone == 0 {
			gone = deletes
		}
		text := ""
		a.watch(ctx, id, gone, &text, func() bool { j.deleted = text == ""; return j.deleted })
	}
	return j.judge(a.cfg.AntMedia.API)
}

// other is a dialer for the doctor's own id, the same each time: so what it leaves
// on the server does not pile up.
func (a *antExam) other() (*rtmp.Dialer, string, error) {
	u, err := url.Parse(a.o.URL.Reveal())
	if err != nil {
		return nil, "", errors.New("its address is not in order")
	}
	u.Path, u.RawPath = u.Path+doctorsID, ""
	dial, err := rtmp.New(u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	dial.Prepare(a.prepared("", dial.ID()))
	return dial, dial.ID(), nil
}

// packets is a sink that keeps all.
type packets struct{ list []*media.Packet }

func (p *packets) Offer(x *media.Packet) { p.list = append(p.list, x) }

// send publishes the packets in their time, and keeps the playlist as last seen.
func (a *antExam) send(ctx context.Context, dial *rtmp.Dialer, info media.StreamInfo, list []*media.Packet, id string, text *string) error {
	conn, err := dial.Reach(ctx)
	if err != nil {
		return err
	}
	s, err := dial.Open(ctx, conn, info)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		a.watch(ctx, id, 2*sends, text, func() bool { return false })
	}()
	err = sendAll(ctx, s, info, list)
	stop()
	<-seen
	return err
}

// sendAll feeds a session in real time, then ends it.
func sendAll(ctx context.Context, s output.Session, info media.StreamInfo, list []*media.Packet) error {
	in, done := make(chan *media.Packet), make(chan error, 1)
	go func() { done <- s.Run(ctx, in) }()
	grid := timeline.Grid{FPS: info.FPS, Rate: int64(info.SampleRate)}
	began := time.Now()
	for _, p := range list {
		at := grid.VideoMillis(p.DTS, 0)
		if p.Kind == media.Audio {
			at = grid.AudioMillis(p.DTS, 0)
		}
		due := time.NewTimer(time.Until(began.Add(time.Duration(at) * time.Millisecond)))
		select {
		case <-due.C:
		case <-ctx.Done():
		}
		due.Stop()
		select {
		case in <- p:
		case err := <-done:
			return err
		}
	}
	close(in)
	return <-done
}

// watch looks at the playlist twice a second for so long, or until it is over, and
// keeps what it last saw.
func (a *antExam) watch(ctx context.Context, id string, length time.Duration, text *string, over func() bool) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	end := time.After(length)
	for {
		select {
		case <-ctx.Done():
			return
		case <-end:
			return
		case <-tick.C:
		}
		seen, err := a.client.Playlist(ctx, id)
		if err != nil {
			continue
		}
		if *text = seen; over() {
			return
		}
	}
}

// joint is a stream's playlist before, in and after a gap; "": there was none.
type joint struct {
	id                 string
	first, gap, second string
	deleted            bool // some time after the end its files were gone
}

var sequence = regexp.MustCompile(`(?m)^#EXT-X-MEDIA-SEQUENCE:(\d+)`)

// numbered is the number of the playlist's last segment, plus one.
func numbered(text string) int {
	n := strings.Count(text, "#EXTINF")
	if m := sequence.FindStringSubmatch(text); m != nil {
		first, _ := strconv.Atoi(m[1])
		n += first
	}
	return n
}

// judge tells what that means to who watches.
func (j joint) judge(api string) []web.Finding {
	const title = "HLS"
	if j.first == "" || j.second == "" {
		return titled(title, info("There is no HLS of a stream that is sent there: the app has it switched off, or another address than streams/ID.m3u8.", ""))
	}
	left := fmt.Sprintf(" Of that stream some segments of %d s stay on the server: streams/%s*, which may be deleted, and which the next such trial writes over.", sends/time.Second, j.id)
	if j.deleted {
		left = ""
	}
	var bad []string
	if numbered(j.second) <= numbered(j.first) || !strings.Contains(j.second, "#EXT-X-DISCONTINUITY\n") {
		bad = append(bad, "its numbering begins anew with the old names, and nothing marks the joint")
	}
	if strings.Contains(j.gap, "#EXT-X-ENDLIST") {
		bad = append(bad, "while the stream is away it is marked as ended, so that players stop")
	}
	if j.deleted {
		bad = append(bad, "half a minute after a session's end its files are deleted, those of the session that followed, too")
	}
	if len(bad) == 0 {
		return titled(title, fine("Its playlist goes on over a reconnect: numbering, DISCONTINUITY, no end, and no file is deleted under players (tried with a stream of the doctor's own).%s", left))
	}
	u, _ := url.Parse(api)
	return []web.Finding{{Level: isWarning, Title: title, Cause: "hls-reconnect",
		Detail: fmt.Sprintf("A reconnect hurts who watches by HLS. Tried with a stream of the doctor's own, the playlist showed: %s.%s", strings.Join(bad, "; "), left),
		Why:    "Whenever a session is renewed or breaks, players jump back, stall, or stop, for up to half a minute.",
		Remedy: fmt.Sprintf(viewersRemedy, strings.Trim(u.Path, "/"))}}
}
