package output

import (
	"context"
	"fmt"
)

// Stop ends the session of the output of that name cleanly, and keeps it off until
// it is started. It returns once that is so; the other outputs notice nothing.
func (f Fan) Stop(ctx context.Context, name string) error {
	o, err := f.named(name)
	if err != nil {
		return err
	}
	o.Stop()
	if _, err := Await(ctx, o.Status, Has(Stopped)); err != nil {
		return fmt.Errorf("output %s is told to stop, but its session has not ended yet: %w", name, err)
	}
	return nil
}

// Start has the output of that name publish again, beginning at once. It returns
// once it publishes; or with what keeps it from that for now, in words: it goes on
// trying.
func (f Fan) Start(ctx context.Context, name string) (trouble string, err error) {
	o, err := f.named(name)
	if err != nil {
		return "", err
	}
	o.Start()
	ctx, cancel := context.WithTimeout(ctx, SoonStart)
	defer cancel()
	s, err := Await(ctx, o.Status, func(s Status) bool { return s.State == Publishing || s.LastError != "" })
	switch {
	case s.State == Publishing:
		return "", nil
	case err != nil:
		return "no answer yet", nil
	default:
		return s.LastError, nil
	}
}

func (f Fan) named(name string) (*Output, error) {
	for _, o := range f {
		if o.name == name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no output %q", name)
}
