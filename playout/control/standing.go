package control

import (
	"context"
	"fmt"
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
		return Answer{Said: "read the playlists again"}, nil
	})
}

// StopOutput ends an output's session and keeps it off until it is started.
func (d *Desk) StopOutput(ctx context.Context, who Who, name string) (Answer, error) {
	return d.atOnce(ctx, who, "output stop "+name, func(ctx context.Context) (Answer, error) {
		if err := d.rooms.Outputs.Stop(ctx, name); err != nil {
			return Answer{}, err
		}
		return Answer{Said: fmt.Sprintf("output %s is stopped, until it is started", name)}, nil
	})
}

// StartOutput has an output publish again.
func (d *Desk) StartOutput(ctx context.Context, who Who, name string) (Answer, error) {
	return d.atOnce(ctx, who, "output start "+name, func(ctx context.Context) (Answer, error) {
		if err := d.rooms.Outputs.Start(ctx, name); err != nil {
			return Answer{}, err
		}
		return Answer{Said: fmt.Sprintf("output %s is publishing", name)}, nil
	})
}

// Lift lets a file version back into the programme that was left out.
func (d *Desk) Lift(ctx context.Context, who Who, version string) (Answer, error) {
	return d.atOnce(ctx, who, "quarantine lift "+version, func(ctx context.Context) (Answer, error) {
		if err := d.rooms.Engine.Lift(ctx, version); err != nil {
			return Answer{}, err
		}
		return Answer{Said: version + " may play again"}, nil
	})
}
