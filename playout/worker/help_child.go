package worker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"

	"airloom/playout/media"
)

// maxQuestion bounds a question, in bytes.
const maxQuestion = 1 << 20

// Answer answers one question: with what is marshalled, and bytes beside it.
type Answer func(question []byte) (answer any, data []byte)

// Serve is the whole life of a [Help]'s child: it takes from itself what rights it
// does not need, and answers until the keeper hangs up. It returns the exit status.
func Serve(answer Answer) int {
	// Signals to the process group are the keeper's to act upon.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, maxQuestion)
	if !in.Scan() {
		return 0
	}
	var h helpHello
	if err := json.Unmarshal(in.Bytes(), &h); err != nil {
		fmt.Fprintln(os.Stderr, "this is started by airloom itself, not by hand")
		return 2
	}
	go EndWithKeeper()
	lighten()
	if say(helpReady{fenceFolders(h)}, nil) != nil {
		return 0
	}
	for in.Scan() {
		if a, data := answer(in.Bytes()); say(a, data) != nil {
			return 0 // the keeper has hung up
		}
	}
	return 0
}

func say(a any, data []byte) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	head, _ := json.Marshal(answerHead{len(text), len(data)})
	_, err = os.Stdout.Write(append(append(append(head, '\n'), text...), data...))
	return err
}

// fenceFolders leaves this process nothing to open but these folders.
func fenceFolders(h helpHello) (missing []string) {
	note := func(what string, err error) {
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s (%v)", what, err))
		}
	}
	file := media.Spec{Root: "/"} // neither network nor other programs
	note("oom_score_adj", os.WriteFile("/proc/self/oom_score_adj", []byte("800"), 0))
	note("a limit of memory", unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: maxData, Max: maxData}))
	note("a limit of core dumps", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}))
	rules := []landlock.Rule{landlock.ROFiles("/dev/urandom", "/dev/null").IgnoreIfMissing()}
	if len(h.Read) > 0 {
		rules = append(rules, landlock.RODirs(h.Read...).IgnoreIfMissing())
	}
	if len(h.Write) > 0 {
		rules = append(rules, landlock.RWDirs(h.Write...).WithRefer().IgnoreIfMissing())
	}
	note("landlock", landlock.V8.BestEffort().Restrict(rules...))
	note("seccomp", fenceCalls(file))
	return missing
}

// StepBack leaves processor and disk to the channel: all threads are nice, and
// those still to come inherit it. Where that is not allowed, nothing is lost.
func StepBack() {
	const idleDisk, process = 3 << 13, 1
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, 19)
			_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, process, uintptr(id), idleDisk)
		}
	}
}
