package worker

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"airloom/playout/clip"
	"airloom/playout/media"
)

// maxData is how much memory of its own a child may have: an 8K picture takes
// 100 MB and HEVC may keep 16 of them.
const maxData = 4 << 30

// restrict takes from this process every right that reading the clip does not
// need, before a single byte of it is read. It returns what the kernel lacks,
// in words.
func restrict(s media.Spec) (missing []string) {
	note := func(what string, err error) {
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s (%v)", what, err))
		}
	}
	// When memory runs out, the kernel shall take a clip and not the channel.
	note("oom_score_adj", os.WriteFile("/proc/self/oom_score_adj", []byte("800"), 0))
	note("a limit of memory", unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: maxData, Max: maxData}))
	note("a limit of core dumps", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}))
	note("landlock", fenceFiles(s))
	note("seccomp", fenceCalls(s))
	return missing
}

// isFile says whether the source lies under a media root, or comes over a network.
func isFile(s media.Spec) bool { return s.Root != "" }

// fenceFiles leaves this process nothing to open but the media root.
func fenceFiles(s media.Spec) error {
	if v, err := llsys.LandlockGetABIVersion(); err != nil || v < 1 {
		return fmt.Errorf("not in this kernel, or not switched on: %w", err)
	}
	rules := []landlock.Rule{landlock.ROFiles("/dev/urandom", "/dev/null").IgnoreIfMissing()}
	fence := landlock.V8.BestEffort()
	if clip.Fed(s.Source) { // it holds what it reads
		return fence.Restrict(rules...)
	}
	if isFile(s) {
		// Beyond files: no TCP, and no signals to the keeper.
		return fence.Restrict(append(rules, landlock.RODirs(s.Root))...)
	}
	// Names are resolved and certificates checked by libraries that read these.
	rules = append(rules,
		landlock.ROFiles("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf",
			"/etc/services", "/etc/protocols", "/etc/ld.so.cache").IgnoreIfMissing(),
		landlock.RODirs("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
			"/usr/lib", "/lib", "/lib64", "/run/systemd/resolve", "/run/resolvconf").IgnoreIfMissing())
	if f := os.Getenv("SSL_CERT_FILE"); f != "" {
		rules = append(rules, landlock.ROFiles(f).IgnoreIfMissing())
	}
	if d := os.Getenv("SSL_CERT_DIR"); d != "" {
		rules = append(rules, landlock.RODirs(d).IgnoreIfMissing())
	}
	if err := fence.RestrictPaths(rules...); err != nil {
		return err
	}
	return fence.RestrictScoped()
}

// fenceCalls forbids calls that a decoder never makes, in all threads: to start
// or to look into other programs, and for a file to reach a network.
func fenceCalls(s media.Spec) error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("not written for %s", runtime.GOARCH)
	}
	deny := []uint32{unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_IO_URING_SETUP} // which could make sockets past a filter
	if isFile(s) || clip.Fed(s.Source) {
		deny = append(deny, unix.SYS_SOCKET, unix.SYS_SOCKETPAIR)
	}
	prog := filter(arch, deny)
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}

	runtime.LockOSThread() // no_new_privs goes from this thread to all with the filter
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	tid, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&fprog)))
	switch {
	case errno != 0:
		return errno
	case tid != 0:
		return fmt.Errorf("thread %d did not take the filter", tid)
	}
	return nil
}

// x32 marks the calls of amd64's second, 32 bit wide interface.
const x32 = 0x40000000

// filter is a program for the kernel that answers the given calls with EACCES,
// and all calls of another interface than this program's own.
func filter(arch uint32, deny []uint32) []unix.SockFilter {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer  = unix.BPF_RET | unix.BPF_K
		offNr   = 0 // in struct seccomp_data
		offAbi  = 4
	)
	n := uint8(len(deny))
	p := []unix.SockFilter{
		{Code: load, K: offAbi},
		{Code: equal, K: arch, Jf: n + 3}, // to the refusal
		{Code: load, K: offNr},
		{Code: atLeast, K: x32, Jt: n + 1},
	}
	for i, nr := range deny {
		p = append(p, unix.SockFilter{Code: equal, K: nr, Jt: n - uint8(i)})
	}
	return append(p,
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)})
}
