package socket

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Ask sends one request to the channel whose state folder it is. The error is for
// people: no channel runs there, or it may not be asked. A refusal is no error but
// the reply.
func Ask(ctx context.Context, folder string, r Request) (Reply, error) {
	path := filepath.Join(folder, Name)
	dir, err := os.Open(folder)
	if err != nil {
		return Reply{}, unreachable(path, err)
	}
	defer dir.Close()
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := d.DialContext(ctx, "unix", through(dir))
	if err != nil {
		return Reply{}, unreachable(path, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()

	r.Protocol = Protocol
	raw, err := json.Marshal(r)
	if err != nil {
		return Reply{}, err
	}
	if _, err := conn.Write(append(raw, '\n')); err != nil {
		return Reply{}, broken(ctx, err)
	}
	line, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadBytes('\n')
	if err != nil {
		return Reply{}, broken(ctx, err)
	}
	var reply Reply
	if err := json.Unmarshal(line, &reply); err != nil {
		return Reply{}, fmt.Errorf("the channel's answer cannot be understood: %w; does it run another version of airloom?", err)
	}
	return reply, nil
}

// unreachable says why nobody could be asked.
func unreachable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no channel runs here: nobody answers at %s. Start it with 'airloom run', or name its config with --config FILE", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("you may not command this channel: %s is for its user and group alone. Ask as that user, or have yourself added to the group", path)
	default:
		return fmt.Errorf("the channel cannot be reached at %s: %w", path, err)
	}
}

func broken(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the channel has not answered for %v; the command may yet take effect: look at 'airloom ctl status'", patience)
	}
	return fmt.Errorf("the channel broke off before it answered (%w): look at 'airloom ctl status'", err)
}
