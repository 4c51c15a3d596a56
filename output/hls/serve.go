package hls

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"
)

// ServeHTTP answers with a playlist or a part of the stream.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		later(w, "too many players")
		return
	}
	m := s.serving.Load()
	if m == nil {
		later(w, "no picture yet")
		return
	}
	a := &answer{ResponseWriter: w}
	m.mux.Handle(a, r)
	if !a.begun { // the muxer is silent about paths it does not know
		http.Error(w, "no such part of the stream", http.StatusNotFound)
	}
}

func later(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// answer remembers whether anything was answered.
type answer struct {
	http.ResponseWriter
	begun bool
	count func(bytes int) // nil: nobody counts
}

func (a *answer) WriteHeader(code int) {
	a.begun = true
	// A playlist that outlives its muxer would send players to parts that are gone.
	if a.Header().Get("Content-Type") == "application/vnd.apple.mpegurl" {
		a.Header().Set("Cache-Control", "no-store")
	}
	a.ResponseWriter.WriteHeader(code)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	n, err := a.ResponseWriter.Write(b)
	if a.count != nil {
		a.count(n)
	}
	return n, err
}

// maxPulling bounds the requests of an Output that are answered at once.
const maxPulling = 512

// ServeHTTP answers with a playlist or a segment. The query's token is not looked
// at, which is for whoever stands before this, but goes on to what is named.
func (o *Output) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	select {
	case o.requests <- struct{}{}:
		defer func() { <-o.requests }()
	default:
		later(w, "too many players")
		return
	}
	name := path.Base(r.URL.Path)
	if path.Ext(name) == ".m3u8" {
		o.playlist(w, r, name)
		return
	}
	o.mu.Lock()
	from := []*muxer{o.shown, o.past}
	o.mu.Unlock()
	a := &answer{ResponseWriter: w}
	if r.Method != http.MethodHead { // whose answer stays here
		a.count = func(n int) { o.rate.Add(int64(n), time.Now()) }
	}
	for _, m := range from {
		if m != nil && !a.begun {
			m.mux.Handle(a, r) // silent about paths that it does not know
		}
	}
	if !a.begun {
		missing(w)
	}
}

// playlist answers with a playlist.
func (o *Output) playlist(w http.ResponseWriter, r *http.Request, name string) {
	if name != index && !slices.Contains(streams, name) {
		missing(w)
		return
	}
	now := time.Now()
	o.mu.Lock()
	m := o.shown
	o.players.note(r, now)
	o.mu.Unlock()
	if m == nil {
		later(w, "no picture yet")
		return
	}
	text, code := o.text(m, name, r.URL.Query())
	switch code {
	case http.StatusOK:
	case http.StatusNotFound:
		missing(w)
		return
	case http.StatusBadRequest:
		http.Error(w, "there is no such segment to wait for", code)
		return
	default: // the muxer was closed meanwhile
		later(w, "the picture begins again")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	if n, _ := io.WriteString(w, text); r.Method != http.MethodHead {
		o.rate.Add(int64(n), now)
	}
}

// text is a playlist as players are told it, and how the muxer answered.
func (o *Output) text(m *muxer, name string, q url.Values) (string, int) {
	query := ""
	if token := q.Get("token"); token != "" {
		query = url.Values{"token": {token}}.Encode()
	}
	o.mu.Lock()
	text, closed := m.final[name], m.over
	o.mu.Unlock()
	if !closed {
		var code int
		if text, code = m.ask(name, asked(q, m.first)); code != http.StatusOK {
			return "", code
		}
	}
	switch {
	case text == "":
		return "", http.StatusNotFound
	case name == index:
		return indexed(text, query), http.StatusOK
	}
	o.mu.Lock() // for what may have ended meanwhile
	defer o.mu.Unlock()
	return parse(text).told(m, o.count, query), http.StatusOK
}

func missing(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "no such part of the stream", http.StatusNotFound)
}
