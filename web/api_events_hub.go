package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"airloom/playout/control"
)

const (
	// pulse is how often the channel is looked at while anybody listens.
	pulse = 250 * time.Millisecond
	// refresh is how often the status is sent though nothing in it has changed
	// but its figures: by the look nearest to it, so that a look that comes a
	// moment early does not make it a second and a quarter.
	refresh = time.Second
	// behind is how many events a listener may be behind before it is cut off.
	behind = 64
	// recent is how many events are kept for those who come back.
	recent = 500
	// listeners is how many are taken at once.
	listeners = 500
)

// hub looks at the channel for all who listen: one snapshot, marshalled once,
// goes to each. It never waits for anybody: who does not take what is sent is cut
// off. Nobody listening, it rests.
//
// The events are status, at once, on change and every second; alert, one for each
// that comes and goes; command, one for each that took effect, whoever gave it;
// playlists, what changed in their folder; rundown, when it is to be asked for
// anew; and reset, for who comes back and has missed more than is kept.
type hub struct {
	channel Channel
	plan    Plan       // nil: none
	lists   Playlists  // nil: none
	desk    Desk       // nil: none
	news    *mediaNews // of the media folder; nil: none
	log     *slog.Logger

	mu      sync.Mutex
	clients map[*listener]struct{}
	running bool
	closed  bool
	end     chan struct{} // closed with it

	epoch  string // of the process: IDs of another one mean nothing here
	seq    uint64 // of the latest event that is kept
	kept   []kept // the latest, oldest first
	seen   seen
	status []byte    // the latest, as it is sent
	looked time.Time // when that was
	sent   time.Time // when it last went out
	place  float64   // where the item on air was then, in seconds
}

// listener is one who listens. Its channel is closed when it is cut off.
type listener struct{ events chan []byte }

// kept is an event that was sent and may be sent again.
type kept struct {
	seq  uint64
	text []byte
}

// seen is what was last seen, so that changes show.
type seen struct {
	any        bool
	matter     []byte
	alerts     map[string]control.Alert
	generation uint64
	lists      map[string]Listed
	rundown    string
	noted      int // commands and changes
}

func newHub(ch Channel, plan Plan, lists Playlists, desk Desk, log *slog.Logger) *hub {
	return &hub{
		channel: ch, plan: plan, lists: lists, desk: desk, log: log, clients: map[*listener]struct{}{}, end: make(chan struct{}),
		epoch: strconv.FormatInt(time.Now().UnixMicro(), 36),
	}
}

// join takes a listener in, with what it gets first: what it has missed since the
// event it names, and the status.
func (h *hub) join(last string) (me *listener, first []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.clients) >= listeners {
		return nil, nil, false
	}
	if time.Since(h.looked) >= pulse {
		h.look()
	}
	var b bytes.Buffer
	b.WriteString("retry: 1000\n\n")
	if last != "" {
		h.missed(&b, last)
	}
	b.Write(h.status)
	me = &listener{make(chan []byte, behind)}
	h.clients[me] = struct{}{}
	if !h.running {
		h.running = true
		go h.run()
	}
	return me, b.Bytes(), true
}

// missed writes the events since the one that is named.
func (h *hub) missed(b *bytes.Buffer, last string) {
	epoch, number, _ := strings.Cut(last, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	oldest := h.seq - uint64(len(h.kept)) // the one before the oldest that is kept
	switch {
	case epoch != h.epoch || err != nil || n > h.seq:
		b.Write(h.event("reset", h.seq, map[string]string{"why": "airloom was restarted"}))
	case n < oldest:
		b.Write(h.event("reset", h.seq, map[string]string{"why": "too much has happened since"}))
	default:
		for _, e := range h.kept[n-oldest:] {
			b.Write(e.text)
		}
	}
}

// leave lets a listener go.
func (h *hub) leave(me *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, me)
}

// close sends everybody away, for good.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.end)
	for c := range h.clients {
		close(c.events)
	}
	clear(h.clients)
}

// run looks at the channel while anybody listens.
func (h *hub) run() {
	every := time.NewTicker(pulse)
	defer every.Stop()
	for h.turn() {
		select {
		case <-every.C:
		case <-h.end:
		}
	}
}

// turn is one look; it reports whether to go on.
func (h *hub) turn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.clients) == 0 {
		h.running = false
		return false
	}
	h.look()
	return true
}

// look finds out what has changed, and tells it.
func (h *hub) look() {
	defer func() { // the channel goes on without its listeners, whatever happens here
		if r := recover(); r != nil {
			h.log.Error("the events could not be told", "event", "bug", "panic", r)
		}
	}()
	st := h.channel.Status()
	filled(&st)
	now := time.Now()
	if !h.seen.any {
		h.first(st)
	}
	h.lookAtAlerts(st)
	h.lookAtLists()
	h.lookAtCommands()
	h.lookAtRundown(st)
	h.lookAtMedia(now)
	matter := matterOf(st)
	changed := !bytes.Equal(matter, h.seen.matter)
	h.seen.matter, h.looked = matter, now
	h.status = h.event("status", h.seq, struct {
		At     string         `json:"at"` // when it was made: a countdown is computed from our clock
		Status control.Status `json:"status"`
	}{now.UTC().Format(time.RFC3339Nano), st})
	if changed || now.Sub(h.sent) >= refresh-pulse/2 || jumped(st, h.place+now.Sub(h.sent).Seconds()) {
		h.sent, h.place = now, placeOf(st)
		h.send(h.status)
	}
}

// first is the first look: nothing has changed yet.
func (h *hub) first(st control.Status) {
	h.seen.any, h.seen.alerts, h.seen.rundown = true, alertsOf(st), h.rundownOf(st)
	if h.desk != nil {
		_, h.seen.noted = h.desk.Since(math.MaxInt)
	}
	if h.lists != nil {
		snap := h.lists.Snapshot()
		h.seen.generation, h.seen.lists = snap.Generation, lister{h.lists}.listedOf(snap)
	}
}

// tell sends an event and keeps it for those who come back.
func (h *hub) tell(kind string, v any) {
	h.seq++
	text := h.event(kind, h.seq, v)
	if len(h.kept) == recent {
		h.kept = append(h.kept[:0], h.kept[1:]...)
	}
	h.kept = append(h.kept, kept{h.seq, text})
	h.send(text)
}

// event is an event as it is sent.
func (h *hub) event(kind string, seq uint64, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // all of them can be marshalled
	}
	return fmt.Appendf(nil, "id: %s-%d\nevent: %s\ndata: %s\n\n", h.epoch, seq, kind, data)
}

// send gives the text to all, and cuts off who is too far behind.
func (h *hub) send(text []byte) {
	for c := range h.clients {
		select {
		case c.events <- text:
		default:
			close(c.events)
			delete(h.clients, c)
		}
	}
}
