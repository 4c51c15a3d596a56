// Package configs holds the one file that sets a channel up, airloom.yml: its
// keys and defaults, and everything that can be found wrong with it before the
// channel starts.
//
// [Load] reads the file strictly, expands ${env:NAME} and ${file:PATH}, places
// relative paths beside the file, and then holds the keys against each other.
// All problems come out at once, each with its line and a remedy. The annotated
// example, [Example], is the manual. Secrets are of types that print as nothing.
package configs

import (
	_ "embed"
	"time"

	"airloom/playlist/document"
)

// Position is a place in a file, in playlists as in the config.
type Position = document.Position

// Problem is one thing wrong with a file, in playlists as in the config.
type Problem = document.Problem

// Problems is everything wrong with a file.
type Problems = document.Problems

// Example is the annotated example: a complete config, and the manual.
//
//go:embed airloom.example.yml
var Example []byte

// Config is a channel's configuration. Paths are absolute once it is loaded,
// except those that are relative to another key by meaning.
type Config struct {
	Channel   Channel   `yaml:"channel"`
	Media     Media     `yaml:"media"`
	Playlists Playlists `yaml:"playlists"`
	House     House     `yaml:"house"`
	Encoder   Encoder   `yaml:"encoder"`
	// Outputs is never empty in a valid config: `output` makes it a list of one.
	Outputs  []Output  `yaml:"outputs"`
	AntMedia AntMedia  `yaml:"antmedia"`
	HLS      HLS       `yaml:"hls"`
	Record   Record    `yaml:"record"`
	Ingest   Ingest    `yaml:"ingest"`
	Webhooks []Webhook `yaml:"webhooks"`
	Fallback Fallback  `yaml:"fallback"`
	State    State     `yaml:"state"`
	AsRun    AsRun     `yaml:"asrun"`
	Web      Web       `yaml:"web"`
	Log      Log       `yaml:"log"`

	reading *document.Reading
}

// Channel names the channel.
type Channel struct {
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"` // an IANA name, or Local
}

// Location is the channel's time zone.
func (c Channel) Location() *time.Location {
	if zone, err := time.LoadLocation(c.Timezone); err == nil {
		return zone
	}
	return time.Local // a loaded config's zone is known: this is for one made by hand
}

// Media says what may be played.
type Media struct {
	Root    string   `yaml:"root"`
	Schemes []string `yaml:"schemes"` // URL schemes that items may use
	Hosts   []string `yaml:"hosts"`   // hosts that URLs may name; none: any
}

// Playlists says where the playlists are.
type Playlists struct {
	Watch  string        `yaml:"watch"`
	Base   string        `yaml:"base"` // a name in Watch; see BasePath
	Settle time.Duration `yaml:"settle"`
	Rescan time.Duration `yaml:"rescan"`
	// DayStart is the time of day at which ffplayout's dated playlists begin.
	DayStart string `yaml:"day_start"`
}

// House is the format that everything is normalised to.
type House struct {
	Width      int    `yaml:"width"`
	Height     int    `yaml:"height"`
	FPS        Rate   `yaml:"fps"`
	SampleRate int    `yaml:"sample_rate"` // Hz
	Fit        string `yaml:"fit"`         // pad, crop or stretch
}

// Encoder sets the one video and the one audio encoder.
type Encoder struct {
	Video Video `yaml:"video"`
	Audio Audio `yaml:"audio"`
}

// Video is the picture's encoder.
type Video struct {
	Codec     string            `yaml:"codec"`
	Preset    string            `yaml:"preset"`
	Tune      string            `yaml:"tune"`
	Profile   string            `yaml:"profile"`
	Level     string            `yaml:"level"`
	CRF       float64           `yaml:"crf"`
	MaxRate   Bits              `yaml:"maxrate"` // a second
	BufSize   Bits              `yaml:"bufsize"`
	KeyInt    int               `yaml:"keyint"`     // ticks
	MinKeyInt int               `yaml:"min_keyint"` // ticks
	SceneCut  bool              `yaml:"scenecut"`
	Options   map[string]string `yaml:"options"` // of the codec, by its own names
}

// Audio is the sound's encoder.
type Audio struct {
	Codec   string            `yaml:"codec"`
	Bitrate Bits              `yaml:"bitrate"` // a second
	Options map[string]string `yaml:"options"` // of the codec, by its own names
}

// Output is one place that the stream is sent to.
type Output struct {
	Name       string        `yaml:"name"`
	URL        Target        `yaml:"url"`    // rtmp, rtmps, rtsp, rtsps or srt
	Preset     string        `yaml:"preset"` // the kind of server, whose rules the stream is held to; "": none known
	RenewAfter time.Duration `yaml:"renew_after"`
	// Key is the output's path in the file, for Pos: "output" or "outputs[1]".
	Key string `yaml:"-"`
}

// AntMedia is the server's REST API; without API it is not asked anything.
type AntMedia struct {
	API      string  `yaml:"api"`
	Token    Secret  `yaml:"token"`    // the application's JWT
	Create   bool    `yaml:"create"`   // a stream that the server does not know
	Takeover bool    `yaml:"takeover"` // of an id that somebody else holds
	Publish  Publish `yaml:"publish"`
}

// Publish says how each connect shows that it may publish.
type Publish struct {
	By         string `yaml:"by"`         // none, token, jwt, totp or hash
	Secret     Secret `yaml:"secret"`     // of totp and hash
	Subscriber string `yaml:"subscriber"` // of totp
}

// HLS is the stream as players and servers pull it, under /hls/ of the web
// server. Without Variant there is none.
type HLS struct {
	Variant  string        `yaml:"variant"` // mpegts, fmp4 or lowlatency
	Segment  time.Duration `yaml:"segment"`
	Segments int           `yaml:"segments"`
	Token    Secret        `yaml:"token"` // that players show as ?token=…
}

// Record keeps what is sent as files of an hour each; without Dir nothing is kept.
type Record struct {
	Dir  string        `yaml:"dir"`
	Each time.Duration `yaml:"each"` // the length of a file
	Keep time.Duration `yaml:"keep"`
}

// Ingest is where producers send their streams to; without Listen nobody can.
type Ingest struct {
	Listen    string     `yaml:"listen"`
	Producers []Producer `yaml:"producers"`
}

// Producer may go live.
type Producer struct {
	Name   string `yaml:"name"`
	Key    Secret `yaml:"key"`     // the stream key
	OnLive string `yaml:"on_live"` // cut or next
	Plan   string `yaml:"plan"`    // waits or runs, meanwhile
}

// Webhook is told of changes of state.
type Webhook struct {
	URL    Secret   `yaml:"url"`
	Secret Secret   `yaml:"secret"` // signs what is sent
	Events []string `yaml:"events"` // none: all
}

// Fallback says what airs when an item cannot. Filler and Slate are sources as
// in a playlist, relative to the media root; "": none, and the built-in one.
// Fillers is a folder of clips for `fill: fit`; "": the filler alone.
type Fallback struct {
	Filler   string        `yaml:"filler"`
	Fillers  string        `yaml:"fillers"`
	Slate    string        `yaml:"slate"`
	HoldMax  time.Duration `yaml:"hold_max"`
	StallMax time.Duration `yaml:"stall_max"`
}

// State says where the channel remembers things, and where it begins again.
type State struct {
	Dir    string `yaml:"dir"`
	Resume string `yaml:"resume"` // playhead, start or clock
}

// AsRun sets the as-run log.
type AsRun struct {
	Keep time.Duration `yaml:"keep"`
}

// Web is the web server; an empty Listen switches it off.
type Web struct {
	Listen string  `yaml:"listen"`
	TLS    TLS     `yaml:"tls"`
	Users  []User  `yaml:"users"`
	Tokens []Token `yaml:"tokens"`
}

// TLS names the web server's certificate and key, PEM files; both or none.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// User may sign in to the web server.
type User struct {
	Name         string `yaml:"name"`
	PasswordHash Secret `yaml:"password_hash"` // argon2id, as a PHC string
	Role         string `yaml:"role"`          // viewer, operator or admin
}

// Token lets a program in.
type Token struct {
	Name string `yaml:"name"`
	Hash Secret `yaml:"hash"` // sha256: and 64 hex digits
	Role string `yaml:"role"` // viewer, operator or admin
}

// Log sets what is logged to stderr.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text or json
}

// Default is the config of an empty file, with paths not yet placed. It has no
// output: that one has no default.
func Default() *Config {
	return &Config{
		Channel:   Channel{Name: "airloom", Timezone: "Local"},
		Media:     Media{Root: "media", Schemes: []string{"rtsp", "rtsps", "rtmp", "rtmps", "srt", "http", "https", "udp", "rtp"}, Hosts: []string{}},
		Playlists: Playlists{Watch: "playlists", Base: "main.yml", Settle: 2 * time.Second, Rescan: time.Minute, DayStart: "05:59:25"},
		House:     House{Width: 1280, Height: 720, FPS: Rate{25, 1}, SampleRate: 44100, Fit: "pad"},
		Encoder: Encoder{
			Video: Video{
				Codec: "libx264", Preset: "faster", Tune: "zerolatency", Profile: "main", Level: "3.1",
				CRF: 23, MaxRate: 1_300_000, BufSize: 2_600_000, KeyInt: 50, MinKeyInt: 25,
			},
			Audio: Audio{Codec: "aac", Bitrate: 128_000},
		},
		AntMedia: AntMedia{Create: true, Publish: Publish{By: "none"}},
		HLS:      HLS{Segment: 2 * time.Second, Segments: 6},
		Record:   Record{Each: time.Hour, Keep: 7 * 24 * time.Hour},
		Fallback: Fallback{HoldMax: 2 * time.Second, StallMax: 15 * time.Second},
		State:    State{Dir: "state", Resume: "playhead"},
		AsRun:    AsRun{Keep: 400 * 24 * time.Hour},
		Web:      Web{Listen: "127.0.0.1:8080"},
		Log:      Log{Level: "info", Format: "text"},
	}
}

// defaultRenew is when a session is renewed: well before FLV's clock runs out.
const defaultRenew = 20 * 24 * time.Hour

// Pos is where the file sets the key, such as "encoder.video.preset", or where
// it would: at the section around it, or the file's beginning.
func (c *Config) Pos(key string) Position {
	if c.reading == nil {
		return Position{File: "airloom.yml", Line: 1, Column: 1}
	}
	return c.reading.At(key)
}

// Problem is an error at a key, for rooms that know what is wrong with it but
// not where it stands.
func (c *Config) Problem(key, message string) Problem {
	return Problem{Position: c.Pos(key), Severity: document.Error, Message: key + ": " + message}
}
