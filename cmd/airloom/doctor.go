package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playout/control"
	"airloom/playout/control/socket"
	"airloom/playout/media/av"
	"airloom/playout/worker"
	"airloom/web"
)

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at the channel and its machine, and tell what is well and what is not",
		Long: "Looks at everything the channel depends on: FFmpeg, config, playlists, media, disks, clock, the encoder's\n" +
			"speed on this machine, and whether the servers can be reached. What is not well comes with a remedy. The exit\n" +
			"code is 1 if there is an error. While the channel is on air, nothing is measured that would disturb it.",
		Args: none,
		RunE: doctor,
	}
	cmd.Flags().Bool("json", false, "as JSON")
	cmd.Flags().Bool("thorough", false, "look at all media, and try the server with media of a test stream: minutes, not seconds")
	cmd.Flags().Bool("desk", false, "the channel itself asks")
	_ = cmd.Flags().MarkHidden("desk") // it is there
	return cmd
}

func doctor(cmd *cobra.Command, _ []string) error {
	path, err := configPath(cmd)
	if err != nil {
		return err
	}
	worker.StepBack() // the air goes before
	av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
	x := &exam{path: path, progress: cmd.ErrOrStderr()}
	x.thorough, _ = cmd.Flags().GetBool("thorough")
	if x.desk, _ = cmd.Flags().GetBool("desk"); x.desk {
		go worker.EndWithKeeper()
	}
	x.cfg, x.problems = loadConfig(path)
	x.problems = append(x.problems, missingFiles(x.cfg, x.problems)...)
	x.problems.Sort()
	x.askChannel(cmd.Context())
	found := x.all(cmd.Context(), looks)
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(found)
	} else {
		tellFindings(cmd.OutOrStdout(), found)
	}
	for _, f := range found {
		if f.Level == isError && err == nil {
			err = silentError{errors.New("not all is well")}
		}
	}
	return err
}

// tellFindings writes what was found for people, the worst last: there the eye is
// on a terminal.
func tellFindings(w io.Writer, found []web.Finding) {
	for _, level := range []string{isOK, isInfo, isWarning, isError} {
		for _, f := range found {
			if f.Level != level {
				continue
			}
			fmt.Fprintf(w, "%-8s %s: %s\n", f.Level, f.Title, f.Detail)
			if f.Why != "" {
				fmt.Fprintf(w, "%-8s %s\n", "", f.Why)
			}
			if f.Remedy != "" {
				fmt.Fprintf(w, "%-8s → %s\n", "", strings.ReplaceAll(f.Remedy, "\n", "\n           "))
			}
		}
	}
}

// The levels of findings.
const (
	isOK      = "ok"
	isInfo    = "info"
	isWarning = "warning"
	isError   = "error"
)

// exam is one look at everything.
type exam struct {
	path     string           // of the config; "": there is none
	cfg      *configs.Config  // nil: there is none to be had
	problems configs.Problems // of the config, and of the files that it names
	status   *control.Status  // of the channel that runs with it; nil: none does
	desk     bool             // the channel itself asks
	thorough bool             // it may take minutes
	progress io.Writer        // of what takes long; nil: nobody looks
	deletes  time.Duration    // as the constant, for tests; 0: it
}

// onAir reports whether the channel runs, as far as it can be seen.
func (x *exam) onAir() bool { return x.status != nil || x.desk }

const (
	// asking is how long the channel has for an answer.
	asking = 3 * time.Second
	// lastWord is how long a look has to say what it found when its time is over.
	lastWord = 500 * time.Millisecond
)

// askChannel finds out whether the channel is on air, and how it does.
func (x *exam) askChannel(ctx context.Context) {
	if x.cfg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	answered := make(chan *control.Status, 1)
	go func() { // storage may hang
		reply, err := socket.Ask(ctx, x.cfg.State.Dir, socket.Request{Command: socket.Status})
		if err != nil || !reply.OK {
			reply.Status = nil
		}
		answered <- reply.Status
	}()
	select {
	case x.status = <-answered:
	case <-ctx.Done():
	}
}

// look is one thing to look at. What it finds has the look's title, unless it has
// one of its own.
type look struct {
	title  string
	within time.Duration
	find   func(*exam, context.Context) []web.Finding
	long   time.Duration // for who wants to know all; 0: as within
	late   string        // what to do where there was too little time
}

// What most likely takes too long, and what to do.
const (
	lateStorage = "See whether the storage answers, then look again."
	lateMachine = "See what keeps the machine busy: 'top'. Then look again."
	lateServers = "See whether this machine reaches the servers, and the one that knows their names: 'getent hosts NAME', 'nc -vz HOST PORT'. Then look again."
	lateEncoder = "See what keeps the machine busy ('top'), and whether the storage of state.dir answers. Then look again."
)

// looks are all, in the order of telling. The last has the machine for itself.
var looks = []look{
	{"Who looks", 5 * time.Second, (*exam).userIs, 0, lateStorage},
	{"FFmpeg", 5 * time.Second, (*exam).ffmpegIs, 0, lateMachine},
	{"Config", 5 * time.Second, (*exam).configIs, 0, lateStorage},
	{"Playlists", 12 * time.Second, (*exam).playlistsAre, 0, lateStorage},
	{"Media", 12 * time.Second, (*exam).mediaIs, 0, lateStorage},
	{"Media files", sampling + 3*time.Second, (*exam).filesAre, allOfThem + time.Minute, lateStorage},
	{"Disk space", 5 * time.Second, (*exam).disksAre, 0, lateStorage},
	{"Outputs", 11 * time.Second, (*exam).outputsAre, 3 * time.Minute, lateServers},
	{"Web server", 5 * time.Second, (*exam).webIs, 0, lateStorage},
	{"Clock", 5 * time.Second, (*exam).clockIs, 0, lateMachine},
	{"Machine", 5 * time.Second, (*exam).machineIs, 0, lateMachine},
	{"File limit", 5 * time.Second, (*exam).limitsAre, 0, lateMachine},
	{"Supervision", 5 * time.Second, (*exam).supervisionIs, 0, lateStorage},
	{"Workers' fences", 5 * time.Second, (*exam).fencesAre, 0, lateMachine},
	{"Encoder", 12 * time.Second, (*exam).encoderIs, 0, lateEncoder},
}

// all looks at everything at once, each within its time: storage that hangs keeps
// nobody from the rest.
func (x *exam) all(ctx context.Context, looks []look) []web.Finding {
	found := make([][]web.Finding, len(looks))
	var group sync.WaitGroup
	for i, l := range looks[:len(looks)-1] {
		group.Go(func() { found[i] = x.one(ctx, l) })
	}
	group.Wait()
	found[len(looks)-1] = x.one(ctx, looks[len(looks)-1])
	list := []web.Finding{}
	for i, fs := range found {
		for _, f := range fs {
			if f.Title == "" {
				f.Title = looks[i].title
			}
			list = append(list, f)
		}
	}
	return list
}

func (x *exam) one(ctx context.Context, l look) []web.Finding {
	if x.thorough {
		l.within = max(l.within, l.long)
	}
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	found := make(chan []web.Finding, 1)
	go func() { found <- l.find(x, ctx) }()
	select {
	case list := <-found:
		return list
	case <-ctx.Done():
	}
	select {
	case list := <-found: // it heard of the end itself
		return list
	case <-time.After(lastWord):
		return warning(fmt.Sprintf("This could not be found out within %d s.", l.within/time.Second), l.late)
	}
}

func fine(format string, args ...any) []web.Finding {
	return []web.Finding{{Level: isOK, Detail: fmt.Sprintf(format, args...)}}
}

func info(detail, remedy string) []web.Finding {
	return []web.Finding{{Level: isInfo, Detail: detail, Remedy: remedy}}
}

func warning(detail, remedy string) []web.Finding {
	return []web.Finding{{Level: isWarning, Detail: detail, Remedy: remedy}}
}

func failing(detail, remedy string) []web.Finding {
	return []web.Finding{{Level: isError, Detail: detail, Remedy: remedy}}
}

// some is at most n of the words, and how many more there are.
func some(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(words[:n], "; "), len(words)-n)
}

// upper is a sentence with its first letter in upper case.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
