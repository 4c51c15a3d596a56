package socket

import (
	"fmt"
	"net"
	"os/user"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// names knows users by their numbers. Asking for a name may take long where a
// directory service is away: who asks is then called by the number.
type names struct {
	mu    sync.Mutex
	known map[uint32]string
}

// of is the name of the user at the other end, by the kernel's word.
func (n *names) of(conn *net.UnixConn) string {
	raw, err := conn.SyscallConn()
	if err != nil {
		return "unknown"
	}
	var cred *unix.Ucred
	cerr := raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if cerr != nil || err != nil {
		return "unknown"
	}
	return n.user(cred.Uid)
}

func (n *names) user(uid uint32) string {
	n.mu.Lock()
	name, ok := n.known[uid]
	n.mu.Unlock()
	if ok {
		return name
	}
	found := make(chan string, 1)
	go func() {
		name := fmt.Sprintf("uid %d", uid)
		if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
			name = u.Username
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.known == nil {
			n.known = map[uint32]string{}
		}
		n.known[uid] = name
		found <- name
	}()
	select {
	case name := <-found:
		return name
	case <-time.After(nameWithin):
		return fmt.Sprintf("uid %d", uid)
	}
}
