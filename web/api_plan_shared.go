package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// sharedFor is how long an answer may be given to others who ask the same.
	sharedFor = time.Second
	// mostShared bounds an answer that is kept for others, in bytes.
	mostShared = 4 << 20
)

// answers are what was just told, for all who ask the same at once: two hundred desks
// whose rundown has changed cost one look ahead.
type answers struct {
	mu  sync.Mutex
	all map[string]*told
}

// told is an answer, or one that is being made.
type told struct {
	made time.Time
	done chan struct{} // closed when body and err stand
	body []byte
	err  error
}

var errTooLarge = errors.New("too large to be kept")

// roomy is a buffer that takes only so much.
type roomy struct{ bytes.Buffer }

func (r *roomy) Write(p []byte) (int, error) {
	if r.Len()+len(p) > mostShared {
		return 0, errTooLarge
	}
	return r.Buffer.Write(p)
}

// get is the answer to what the key asks, made by whoever asks first.
func (a *answers) get(ctx context.Context, key string, write func(io.Writer) error) ([]byte, error) {
	a.mu.Lock()
	now := time.Now()
	maps.DeleteFunc(a.all, func(_ string, t *told) bool { return now.Sub(t.made) >= sharedFor && t.stands() })
	t, ok := a.all[key]
	if !ok {
		t = &told{made: now, done: make(chan struct{})}
		if a.all == nil {
			a.all = map[string]*told{}
		}
		a.all[key] = t
	}
	a.mu.Unlock()
	if ok {
		select {
		case <-t.done:
			return t.body, t.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer close(t.done)
	var b roomy
	if t.err = write(&b); t.err == nil {
		t.body = b.Bytes()
		return t.body, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !errors.Is(t.err, errTooLarge) { // the next one may fare better
		delete(a.all, key)
	}
	return nil, t.err
}

func (t *told) stands() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// shared answers with what write writes, which is the same for all who ask the same
// while the plan and what is on air are.
func (s *Server) shared(c *gin.Context, asked string, write func(ctx context.Context, w io.Writer, alive func()) error) {
	key := asked + " " + strconv.FormatUint(s.cfg.Plan.Edition(), 10) + " " + s.cfg.Plan.Place()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), late) // others wait for it
	defer cancel()
	body, err := s.told.get(c.Request.Context(), key, func(w io.Writer) error {
		done, err := s.place(ctx)
		if err != nil {
			return err
		}
		defer done()
		return write(ctx, w, func() {})
	})
	switch {
	case errors.Is(err, errTooLarge):
		done, ok := s.look(c)
		if !ok {
			return
		}
		defer done()
		s.stream(c, "application/json", func(w io.Writer, alive func()) error { return write(c.Request.Context(), w, alive) })
	case errors.Is(err, errCrowded):
		crowded(c)
	default:
		s.stream(c, "application/json", func(w io.Writer, _ func()) error {
			if err == nil {
				_, err = w.Write(body)
			}
			return err
		})
	}
}
