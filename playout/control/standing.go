package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hold repeats the last picture with silence until it is lifted; the item on air
// waits meanwhile.
func (d *Desk) Hold(ctx context.Context, who Who, on bool) (Answer, error) {
	return d.stand(ctx, who, "hold", on, d.rooms.Engine.Hold)
}

// Slate shows the slate until it is lifted.
func (d *Desk) Slate(ctx context.Context, who Who, on bool) (Answer, error) {
	return d.stand(ctx, who, "slate", on, d.rooms.Engine.Slate)
}

func (d *Desk) stand(ctx context.Context, who Who, what string, on bool, do func(context.Context, bool, string) error) (Answer, error) {
	return d.atOnce(ctx, who, what+" "+onOff(on), func(ctx context.Context) (Answer, error) {
		if err := do(ctx, on, who.String()); err != nil {
			return Answer{}, err
		}
		now := time.Now().In(d.rooms.Zone).Truncate(time.Millisecond)
		if on {
			return Answer{Said: fmt.Sprintf("%s on since %s, until it is lifted", what, now.Format(clockMilli)), Since: &now}, nil
		}
		return Answer{Said: fmt.Sprintf("%s off since %s", what, now.Format(clockMilli)), Since: &now}, nil
	})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// Reload reads the playlists anew.
func (d *Desk) Reload(ctx context.Context, who Who) (Answer, error) {
	return d.atOnce(ctx, who, "reload", func(ctx context.Context) (Answer, error) {
		if err := d.rooms.Library.Reload(ctx); err != nil {
			return Answer{}, err
		}
		return Answer{Said: fmt.Sprintf("read the playlists again: %d in use", len(d.rooms.Library.Playlists()))}, nil
	})
}

// StopOutput ends an output's session and keeps it off until it is started. A
// channel with one output knows it without its name.
func (d *Desk) StopOutput(ctx context.Context, who Who, name string) (Answer, error) {
	return d.output(ctx, who, "stop", name, func(ctx context.Context, name string) (string, error) {
		return "is stopped, until it is started", d.rooms.Outputs.Stop(ctx, name)
	})
}

// StartOutput has an output publish again.
func (d *Desk) StartOutput(ctx context.Context, who Who, name string) (Answer, error) {
	return d.output(ctx, who, "start", name, func(ctx context.Context, name string) (string, error) {
		trouble, err := d.rooms.Outputs.Start(ctx, name)
		if trouble != "" {
			return "is started and goes on trying, but does not publish yet: " + trouble, err
		}
		return "is publishing", err
	})
}

func (d *Desk) output(ctx context.Context, who Who, what, name string, f func(context.Context, string) (string, error)) (Answer, error) {
	name, err := d.outputName(name)
	return d.atOnce(ctx, who, strings.TrimSpace("output "+what+" "+name), func(ctx context.Context) (Answer, error) {
		if err != nil {
			return Answer{}, err
		}
		said, err := f(ctx, name)
		return Answer{Said: fmt.Sprintf("output %s %s", name, said)}, err
	})
}

// outputName is the output that is meant.
func (d *Desk) outputName(name string) (string, error) {
	outputs := d.rooms.Status().Outputs
	names := make([]string, len(outputs))
	for i, o := range outputs {
		names[i] = o.Name
	}
	switch {
	case slices.Contains(names, name):
		return name, nil
	case name == "" && len(names) == 1:
		return names[0], nil
	case name == "":
		return name, refuse(Invalid, "say which output: %s", strings.Join(names, ", "))
	default:
		return name, refuse(Unknown, "there is no output %s: choose from %s", name, strings.Join(names, ", "))
	}
}

// Lift lets a file version back into the programme that was left out: named by
// the version, or by its source where that is the only one of it.
func (d *Desk) Lift(ctx context.Context, who Who, version string) (Answer, error) {
	return d.atOnce(ctx, who, "quarantine lift "+version, func(ctx context.Context) (Answer, error) {
		x, err := d.leftOut(version)
		if err != nil {
			return Answer{}, err
		}
		if err := d.rooms.Engine.Lift(ctx, x.Version); err != nil {
			return Answer{}, err
		}
		return Answer{Said: cmp.Or(x.Source, x.Version) + " may play again"}, nil
	})
}

func (d *Desk) leftOut(name string) (found Banned, err error) {
	n := 0
	for _, x := range d.Quarantine() {
		if x.Version == name {
			return x, nil
		}
		if x.Source == name {
			found = x
			n++
		}
	}
	switch n {
	case 0:
		return found, refuse(Unknown, "nothing called %q is left out: 'airloom ctl quarantine list' tells what is", name)
	case 1:
		return found, nil
	default:
		return found, refuse(Invalid, "%d versions of %s are left out: name one as 'airloom ctl quarantine list' has it", n, name)
	}
}
