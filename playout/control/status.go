// Package control is the one door to a running channel: snapshots of its state
// come out of it, commands go in. The web server, the control socket and the
// signals all stand before this door, so that no two of them can disagree.
package control

import "time"

// State is what the channel as a whole is doing.
type State string

// The states of a channel.
const (
	Starting State = "starting" // no tick has aired yet
	OnAir    State = "on-air"   // the item of the rundown is airing
	Fallback State = "fallback" // a hold, the filler or the slate airs in its place
	Stopping State = "stopping"
)

// OutputState is what one output is doing.
type OutputState string

// The states of an output.
const (
	Publishing OutputState = "publishing" // media goes out and is taken
	Connecting OutputState = "connecting" // an attempt is under way
	Waiting    OutputState = "waiting"    // for the next attempt
	Stopped    OutputState = "stopped"
)

// Status is a snapshot of the channel, as the API shows it. Times of day are
// RFC 3339; numbers that end in _s are seconds for display, never computed with.
type Status struct {
	Channel   string     `json:"channel"`
	State     State      `json:"state"`
	UptimeS   float64    `json:"uptime_s"`
	Tick      int64      `json:"tick"`
	Now       *Airing    `json:"now"`    // null before the first item
	Next      *Coming    `json:"next"`   // null while unknown
	Due       *Due       `json:"due"`    // what the clock puts on air; null while it is not in sight
	Held      *Stand     `json:"held"`   // null unless an operator holds the picture
	Slated    *Stand     `json:"slated"` // null unless an operator shows the slate
	Output    Output     `json:"output"`
	Outputs   []Output   `json:"outputs"`
	Arrival   Arrival    `json:"arrival"`
	Producers []Producer `json:"producers"` // who may go live; none without an ingest
	Encoder   Encoder    `json:"encoder"`
	Resources Live       `json:"resources"`
	Alerts    []Alert    `json:"alerts"`
}

// Airing is the item on air.
type Airing struct {
	ID        string    `json:"id"`
	Playlist  string    `json:"playlist"`
	Index     int       `json:"index"`
	Source    string    `json:"source"`
	Title     string    `json:"title"`
	Mode      string    `json:"mode"` // why it airs: base, hard, soft, take, filler, slate, live
	PositionS float64   `json:"position_s"`
	DurationS float64   `json:"duration_s"` // 0 while unknown
	StartedAt time.Time `json:"started_at"`
}

// Coming is the item after it.
type Coming struct {
	ID        string     `json:"id"`
	Playlist  string     `json:"playlist"`
	Index     int        `json:"index"`
	Source    string     `json:"source"`
	Title     string     `json:"title"`
	DurationS float64    `json:"duration_s"` // 0 while unknown
	StartsAt  *time.Time `json:"starts_at"`  // null while unknown
}

// Due is what the clock puts on air in place of what is there: a hard start, a
// soft one that has waited long enough, or what goes on when a playlist's time
// has ended.
type Due struct {
	ID       string    `json:"id"` // "" where nothing is to follow
	Playlist string    `json:"playlist"`
	Index    int       `json:"index"`
	Source   string    `json:"source"`
	Title    string    `json:"title"`
	Mode     string    `json:"mode"`
	At       time.Time `json:"at"`
	Planned  time.Time `json:"planned,omitzero"` // the start that the playlist names; absent at the end of one
}

// Stand is something that an operator has put in place of the programme.
type Stand struct {
	By    string    `json:"by"`
	Since time.Time `json:"since"`
}

// Output is one way out, and how it stands.
type Output struct {
	Name           string      `json:"name"`
	Kind           string      `json:"kind"` // rtmp, rtsp, srt, hls or record
	State          OutputState `json:"state"`
	Target         string      `json:"target"`              // without the stream key
	Since          time.Time   `json:"since"`               // when it entered the state
	DownSince      time.Time   `json:"down_since,omitzero"` // since when it has not published steadily; absent while it does, and while stopped
	Attempt        int         `json:"attempt"`
	RetryInS       float64     `json:"retry_in_s"`
	LastError      string      `json:"last_error"`
	Cause          string      `json:"cause"` // a fixed word for last_error, such as unreachable or id-in-use; "" with it
	BytesSent      int64       `json:"bytes_sent"`
	BitrateKbps    int         `json:"bitrate_kbps"`
	DroppedPackets int64       `json:"dropped_packets"`
	Sessions       int64       `json:"sessions"`
	RenewAt        *time.Time  `json:"renew_at"` // null unless publishing
}

// Arrival is whether the stream really reaches the server, by the server's own word.
type Arrival struct {
	Output       string  `json:"output"` // which of the outputs this is about: of those that are asked for, the worst off; "" where none is
	State        string  `json:"state"`  // proven, not-proven or not-checked
	By           string  `json:"by"`
	Cause        string  `json:"cause"` // a fixed word for why it is not proven, such as forbidden; "" where that is not known
	ServerStatus string  `json:"server_status"`
	AgeS         float64 `json:"age_s"`
	Detail       string  `json:"detail"`
	Server       *Server `json:"server"` // what the server says of the stream; null where it was not asked, or does not say
}

// Server is what a server says of the stream it receives. What it does not say is 0 or "".
type Server struct {
	Version       string  `json:"version"`
	BitrateKbps   int     `json:"bitrate_kbps"`
	Speed         float64 `json:"speed"` // seconds of media a second; near 1
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	ReceivedBytes int64   `json:"received_bytes"`
	Viewers       int     `json:"viewers"`
	ForS          float64 `json:"for_s"` // how long it has received this session
}

// Producer is somebody who may go live, and how they stand.
type Producer struct {
	Name  string    `json:"name"`
	State string    `json:"state"` // away, ready (sends, and waits for its turn) or on-air
	Since time.Time `json:"since"`
	From  string    `json:"from"`  // the address it sends from; "" while away
	Error string    `json:"error"` // why it was refused last or went away; ""
}

// Encoder is how the one encoder fares.
type Encoder struct {
	Speed        float64 `json:"speed"`         // encoded ticks over due ticks; below 1 it skips pictures
	HeldTicks    int64   `json:"held_ticks"`    // aired as a hold, filler or slate in an item's place
	SkippedTicks int64   `json:"skipped_ticks"` // pictures the encoder had no time for
}

// Live is what this process holds at the moment.
type Live struct {
	RSSBytes   int64 `json:"rss_bytes"`
	Goroutines int   `json:"goroutines"`
	Pictures   int64 `json:"pictures"` // handles of libav pictures
	Workers    int64 `json:"workers"`
}

// Alert is something an operator should know, until it is over.
type Alert struct {
	Severity string    `json:"severity"` // warning or error
	Code     string    `json:"code"`     // a fixed word, such as item-skipped
	Subject  string    `json:"subject"`  // the output, producer, source or file it is about; "": none, or the item
	Message  string    `json:"message"`
	Since    time.Time `json:"since"`
	ItemID   string    `json:"item_id"`  // the item it is about, as the rundown has it; "": none
	Playlist string    `json:"playlist"` // the playlist it is about; "": none
	Index    *int      `json:"index"`    // the item's place there, from 0; null: it is about no item, or the place is not known
}
