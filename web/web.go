// Package web shows the channel to people and machines over HTTP, and takes what
// they want of it: the page, health and metrics, and the API under /api/v1, which
// openapi.yaml describes.
//
// It knows the channel by small interfaces only. [Channel] is a snapshot, which
// also feeds the events, for all who listen at once; [Desk] takes commands; [Plan]
// tells what will air and what did; [Playlists] is their folder, where the file on
// disk is the truth; [Media] is the media folder, and [Uploads] takes files for it;
// [System] is about process and machine. Who may ask for what is decided in one
// place, before any of them. The page is embedded; its source is in web/ui. Nothing
// is fetched from anywhere else, and while the server listens on loopback, no page of
// another site can talk to it.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// Channel is what is shown. Both methods are called from many goroutines and
// answer at once.
type Channel interface {
	// Status is a snapshot of the channel.
	Status() control.Status
	// Healthy reports whether ticks flow.
	Healthy() bool
}

// Config says where to serve, and what beside the status.
type Config struct {
	Listen  string                                       // host:port
	Hosts   []string                                     // names besides the loopback ones under which a loopback address may be asked for
	Guide   func(ctx context.Context, w io.Writer) error // writes what will air as XMLTV; nil: none
	Desk    Desk                                         // takes commands; nil: none are taken
	Plan    Plan                                         // tells what will air and what did; nil: not told
	Lists   Playlists                                    // the playlists' folder; nil: none
	Media   Media                                        // the media folder; nil: none
	Uploads Uploads                                      // takes files for it, with Media; nil: none are taken
	Preview http.Handler                                 // the sent picture for the desk, index.m3u8 and what it names; nil: none
	HLS     HLS                                          // the stream for players
	Users   []User                                       // who may sign in; none: everybody on this machine may do everything
	Tokens  []Token                                      // that let programs in, beside users
	TLS     TLS                                          // serves HTTPS
	Note    func(control.Note)                           // takes note of changes that are no commands of the desk's; nil: the log does
	Version string                                       // of airloom, for the page
	Zone    string                                       // the channel's time zone, such as Europe/Berlin
	Hints   []Hint                                       // what to try next, in the demo
	System  System                                       // tells of the process and the machine
	Log     *slog.Logger
}

// Hint is a thing worth trying: a sentence, and the command to do it with.
type Hint struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

const (
	// farewell is how long requests may take to end when the server stops.
	farewell = 2 * time.Second
	// answering is longer than a player waits for the next part of the picture.
	answering = 30 * time.Second
)

// Server is the HTTP server of one channel.
type Server struct {
	cfg     Config
	channel Channel
	log     *slog.Logger
	page    fs.FS
	socket  net.Listener
	port    int
	gate    *gate
	cert    *certificate // nil: plain HTTP
	http    *http.Server
	live    *hub
	looking chan struct{} // holds one for each who looks ahead or back
	pouring chan struct{} // holds one for each file that is being read out
	told    answers       // what was told of the time to come
	news    *mediaNews    // what has changed of the media folder; nil: there is none
	uploads *uploads      // nil: none are taken
}

var quietGin sync.Once

// New binds the address; the error says so in words when it cannot. Serving
// begins with Run, which also closes the socket.
func New(cfg Config, channel Channel) (*Server, error) {
	socket, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("serve the page on %s: %w; choose another address in web.listen", cfg.Listen, err)
	}
	s := &Server{cfg: cfg, channel: channel, log: cfg.Log, page: embedded(), socket: socket}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.secure(); err != nil {
		_ = socket.Close()
		return nil, err
	}
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      answering,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.http.RegisterOnShutdown(s.live.close)
	if s.uploads != nil {
		s.http.RegisterOnShutdown(s.uploads.stop)
	}
	return s, nil
}

// Addr is the address bound: with the real port where 0 was asked for.
func (s *Server) Addr() net.Addr { return s.socket.Addr() }

// Run serves until the context ends, lets requests end within two seconds, and
// returns nil then.
func (s *Server) Run(ctx context.Context) error {
	stopped := make(chan struct{})
	failed := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-failed:
		}
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		if s.http.Shutdown(grace) != nil {
			_ = s.http.Close() // who still asks has had two seconds
		}
	}()
	wait := s.background(ctx)
	err := s.serve(ctx)
	close(failed)
	<-stopped
	wait()
	if ctx.Err() != nil && errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the page on %s: %w", s.cfg.Listen, err)
}

// handler is everything that is served, behind what every answer must pass.
func (s *Server) handler() http.Handler {
	// Process-wide in gin, and without it gin prints to the terminal.
	quietGin.Do(func() { gin.SetMode(gin.ReleaseMode) })
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	g.UseRawPath = true          // a playlist's name may hold a slash, written as %2F
	_ = g.SetTrustedProxies(nil) // cannot fail: nothing to parse
	g.Use(gin.CustomRecoveryWithWriter(nil, s.recovered), headers, s.forPlayers, s.guard())
	g.Use(s.ground()...)
	g.NoRoute(s.elsewhere)
	g.NoMethod(func(c *gin.Context) {
		problem(c, http.StatusMethodNotAllowed, c.Request.Method+" is not possible at "+c.Request.URL.Path+".")
	})

	get := func(path string, h gin.HandlerFunc) {
		g.GET(path, h)
		g.HEAD(path, h)
	}
	get("/healthz", s.health)
	get("/api/v1/status", s.status)
	get("/api/v1/page", s.pageInfo)
	s.signInRoutes(g.Group("/api/v1"))
	s.api(g.Group("/api/v1"))
	if s.cfg.Guide != nil {
		get("/epg.xml", s.guide)
	}
	get("/metrics", gin.WrapH(metrics(s.channel, s.cfg.System)))
	get("/", s.index)
	get("/assets/*name", s.asset)
	if s.cfg.Preview != nil {
		get("/preview/*name", gin.WrapH(http.StripPrefix("/preview", s.cfg.Preview)))
	}
	s.hls(g)
	return g
}

func (s *Server) recovered(c *gin.Context, err any) {
	s.log.Error("a request could not be answered", "event", "bug", "path", c.Request.URL.Path, "panic", err)
	problem(c, http.StatusInternalServerError, "The request could not be answered; the log says why.")
}
