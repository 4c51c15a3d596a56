package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"airloom/encoder"
	"airloom/playout/asrun"
	"airloom/playout/control"
	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/worker"
	"airloom/web"
)

const (
	// madeUp is how much picture is coded to measure the speed, and measuring how
	// long that may take.
	madeUp    = 3 * time.Second
	measuring = 8 * time.Second
	// roomy and tight are how many times faster than real time the encoder should
	// at least be: decoders need the machine, too, and some pictures take longer.
	roomy = 2.0
	tight = 1.3
)

const fasterRemedy = "Choose a faster encoder.video.preset or a smaller house, or give the machine less else to do."

// encoderIs tells whether this machine keeps up with the encoder as it is configured.
func (x *exam) encoderIs(ctx context.Context) []web.Finding {
	switch {
	case x.cfg == nil || x.problems.Fatal():
		return info("Not measured: the config has mistakes.", "")
	case x.status != nil && x.status.State != control.Starting:
		return onAirSpeed(x.status)
	}
	if _, alive, _ := asrun.Peek(ctx, x.cfg.State.Dir); alive || x.desk {
		return info("Not measured: the channel is on air, and does not tell this user how it does.", "Ask as the channel's user, or look at its desk.")
	}
	busy := loadOf() > float64(runtime.NumCPU())
	m, _, err := codes(ctx, encoderConfig(x.cfg), madeUp, nothing{})
	if err != nil {
		return failing(fmt.Sprintf("It does not work with these settings: %v.", err), "Correct the settings under encoder.")
	}
	h := x.cfg.House
	return m.judge(fmt.Sprintf("%dx%d at %s pictures a second with preset %s", h.Width, h.Height, h.FPS, x.cfg.Encoder.Video.Preset), runtime.NumCPU(), busy)
}

// measured is what coding made-up pictures took.
type measured struct {
	speed float64 // times real time
	cores float64 // processors' time a second of picture
}

// judge tells whether that is enough on a machine with so many cores. One that is
// busy with other things leaves a nice process little: then only the processors'
// time says something.
func (m measured) judge(what string, cores int, busy bool) []web.Finding {
	words := fmt.Sprintf("%s takes %.2f of %s: %.1f times real time, measured with made-up pictures just now.", what, m.cores, counted(cores, "core"), m.speed)
	share := m.cores / float64(cores)
	switch {
	case m.speed >= roomy && share < 0.5:
		return fine("%s", words)
	case m.speed < 1 && !busy || share > 0.9:
		return failing(words+" This machine cannot keep up.", fasterRemedy)
	case m.speed < tight && !busy:
		return warning(words+" That leaves nothing for decoding.", fasterRemedy)
	case share > 0.5 || !busy:
		return warning(words+" That leaves little for decoding, and for heavy pictures.", fasterRemedy)
	}
	return info(words+" The machine is busy with other things, which go before this measurement.", "Look again when it is not, to know the speed.")
}

// onAirSpeed is how the encoder of a channel on air does: nothing is measured
// beside it.
func onAirSpeed(s *control.Status) []web.Finding {
	words := fmt.Sprintf("On air for %s, it has skipped %d of %d pictures; it runs at %.2f of real time now.",
		(time.Duration(s.UptimeS) * time.Second).String(), s.Encoder.SkippedTicks, s.Tick, s.Encoder.Speed)
	if s.Encoder.Speed < 0.98 {
		return warning(words, fasterRemedy)
	}
	return fine("%s", words)
}

// codes codes made-up pictures and silence of that length as fast as the encoder
// goes, and returns what that took and what the stream is.
func codes(ctx context.Context, cfg encoder.Config, length time.Duration, to encoder.PacketSink) (m measured, info media.StreamInfo, err error) {
	e, err := encoder.Open(cfg, to, slog.New(slog.DiscardHandler))
	if err != nil {
		return m, info, err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- e.Run(running) }()
	pictures, err := madeUpPictures(cfg.House)
	if err != nil {
		stop()
		return m, info, errors.Join(err, <-done)
	}
	defer func() {
		for _, p := range pictures {
			p.Release()
		}
	}()
	fps := float64(cfg.House.FPS.Num) / float64(cfg.House.FPS.Den)
	want := int64(length.Seconds() * fps)
	limit := time.NewTimer(measuring)
	defer limit.Stop()
	began, used, n := time.Now(), worker.ProcessorTime(), int64(0)
feeding:
	for ; n < want; n++ {
		select {
		case <-e.Room():
		case <-limit.C:
			break feeding
		case <-ctx.Done():
			break feeding
		}
		t := media.NewTick(cfg.House.SampleRate * int(cfg.House.FPS.Den) / int(cfg.House.FPS.Num))
		t.Silence()
		t.N, t.Picture = n, pictures[n%int64(len(pictures))].Ref()
		e.Offer(t)
	}
	stop()
	err = <-done
	lasts := max(1, float64(e.Stats().Encoded)) / fps
	return measured{lasts / time.Since(began).Seconds(), (worker.ProcessorTime() - used).Seconds() / lasts}, e.Info(), err
}

type nothing struct{}

func (nothing) Offer(*media.Packet) {}

// madeUpPictures move, and are grained as films are: a picture that is easy to code
// would flatter the machine.
func madeUpPictures(h media.House) (list []*av.Picture, err error) {
	noise := uint32(1)
	for k := range 8 {
		p, err := av.New(h, func(mem []byte, l media.Layout) {
			for y := range h.Height {
				row := mem[y*l.StrideY:][:h.Width]
				for x := range row {
					noise = noise*1664525 + 1013904223
					row[x] = byte(60+(x*2+y+k*6)/8%120) + byte(noise>>29)
				}
			}
			for i := l.OffU; i < l.OffL; i++ {
				mem[i] = byte(118 + (i/32+k)%20)
			}
		})
		if err != nil {
			for _, p := range list {
				p.Release()
			}
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}
