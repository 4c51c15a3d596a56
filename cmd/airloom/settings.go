package main

import (
	"path/filepath"
	"strings"

	"airloom/configs"
	"airloom/encoder"
	"airloom/playlist"
	"airloom/playout"
	"airloom/playout/media"
)

func houseOf(cfg *configs.Config) media.House {
	h := cfg.House
	return media.House{
		Width: h.Width, Height: h.Height, FPS: media.Rational{Num: h.FPS.Num, Den: h.FPS.Den},
		SampleRate: h.SampleRate, Fit: media.Fit(h.Fit),
	}
}

func encoderConfig(cfg *configs.Config) encoder.Config {
	v, a := cfg.Encoder.Video, cfg.Encoder.Audio
	return encoder.Config{
		House: houseOf(cfg),
		Video: encoder.Video{
			Codec: v.Codec, Preset: v.Preset, Tune: v.Tune, Profile: v.Profile, Level: v.Level, CRF: &v.CRF,
			Maxrate: int64(v.MaxRate), Bufsize: int64(v.BufSize), Keyint: v.KeyInt, MinKeyint: v.MinKeyInt,
			Scenecut: v.SceneCut, Options: v.Options,
		},
		Audio: encoder.Audio{Codec: a.Codec, Bitrate: int64(a.Bitrate), Options: a.Options},
	}
}

func engineConfig(cfg *configs.Config, house media.House) playout.Config {
	may := mediaOptions(cfg)
	pc := playout.Config{
		House: house, HoldMax: cfg.Fallback.HoldMax, StallMax: cfg.Fallback.StallMax,
		Resolve: resolve(may),
	}
	if cfg.Fallback.Filler != "" {
		if spec, err := specOf(may, playlist.Item{Source: cfg.Fallback.Filler}); err == nil {
			pc.Filler = &spec
		}
	}
	return pc
}

func mediaOptions(cfg *configs.Config) playlist.Options {
	return playlist.Options{Root: cfg.Media.Root, Schemes: cfg.Media.Schemes, Hosts: cfg.Media.Hosts}
}

// specOf says what is to be opened for an item.
func specOf(may playlist.Options, it playlist.Item) (media.Spec, error) {
	source, err := may.Resolve(it.Source)
	if err != nil {
		return media.Spec{}, &media.Fault{Kind: media.FaultUnreadable, Err: err}
	}
	spec := media.Spec{
		Source: source, In: it.In, Out: it.Out, Duration: it.Duration, Loop: it.Loop, Audio: it.Audio, GainDB: it.GainDB,
	}
	if filepath.IsAbs(source) {
		spec.Root = may.Root
	} else {
		spec.Hosts = strings.Join(may.Hosts, ",")
	}
	return spec, nil
}
