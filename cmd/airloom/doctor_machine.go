package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/asticode/go-astiav"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"airloom/configs"
	"airloom/playout/media/av"
	"airloom/web"
)

// decoders are those for what people usually send in.
var decoders = []string{"h264", "hevc", "mpeg2video", "mpeg4", "vp9", "av1", "prores", "mjpeg", "png", "aac", "mp3", "ac3", "eac3", "opus", "vorbis", "flac", "pcm_s16le", "pcm_s24le"}

// ffmpegIs tells whether FFmpeg has what a channel needs.
func (x *exam) ffmpegIs(context.Context) []web.Finding {
	v := versions()
	for _, name := range []string{"libx264", "aac"} {
		if astiav.FindEncoderByName(name) == nil {
			return failing(fmt.Sprintf("FFmpeg %s has no encoder %s: nothing can be sent.", v.FFmpeg, name), "Build airloom with 'make': that builds its FFmpeg, too.")
		}
	}
	var missing []string
	for _, name := range decoders {
		if astiav.FindDecoderByName(name) == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return warning(fmt.Sprintf("FFmpeg %s cannot decode %s: such files do not play.", v.FFmpeg, strings.Join(missing, ", ")),
			"Convert such files, or build airloom with an FFmpeg that can.")
	}
	if cannot := x.cannotRead(); len(cannot) > 0 {
		return warning(fmt.Sprintf("FFmpeg %s cannot read by %s, which media.schemes allows: such items do not play.", v.FFmpeg, strings.Join(cannot, ", ")),
			"Take them out of media.schemes, or build airloom with an FFmpeg that can: 'make' does.")
	}
	return fine("Version %s with x264 %s, all the decoders that are usually needed, and all protocols that items may use.", v.FFmpeg, v.X264)
}

// cannotRead is the schemes that items may use and FFmpeg knows nothing of.
func (x *exam) cannotRead() (list []string) {
	if x.cfg == nil {
		return nil
	}
	for _, scheme := range x.cfg.Media.Schemes {
		by := scheme
		switch scheme {
		case "rtsp": // over these, read by a demuxer
			by = "tcp"
		case "rtsps":
			by = "tls"
		}
		if !av.Reads(by) || strings.HasPrefix(scheme, "rtsp") && astiav.FindInputFormat("rtsp") == nil {
			list = append(list, scheme)
		}
	}
	return list
}

// disksAre tells how much room there is where the channel writes.
func (x *exam) disksAre(context.Context) (found []web.Finding) {
	if x.cfg == nil {
		return info("Not looked at: there is no config to go by.", "")
	}
	const mb, gb = 1 << 20, 1 << 30
	found = append(found, diskIs("state", x.cfg.State.Dir, 100*mb, gb, "The as-run log and the place to go on from cannot be written any more when it is full.")...)
	found = append(found, diskIs("media", x.cfg.Media.Root, 100*mb, 5*gb, "Nothing can be uploaded when it is full.")...)
	if r := x.cfg.Record; r.Dir != "" {
		day := uint64(x.cfg.Encoder.Video.MaxRate+x.cfg.Encoder.Audio.Bitrate) / 8 * 86400
		found = append(found, diskIs("recordings", r.Dir, gb, gb+day,
			fmt.Sprintf("Up to %s are recorded a day. When little more than 1 GB is left, the oldest go before their time.", size(day)))...)
		found = append(found, recordable(r.Dir)...)
	}
	return found
}

// recordable tells whether the channel can write recordings there, in a folder that it
// makes itself where there is none.
func recordable(dir string) []web.Finding {
	const title, remedy = "Recordings", "Give the channel's user the right to write there: 'chown' the folder, and with systemd add it to ReadWritePaths in the unit. Or choose another record.dir."
	at := dir
	s, err := os.Stat(at)
	for errors.Is(err, fs.ErrNotExist) && at != "/" {
		at = filepath.Dir(at)
		s, err = os.Stat(at)
	}
	if err == nil && !s.IsDir() {
		err = unix.ENOTDIR
	}
	if err == nil {
		err = unix.Access(at, unix.W_OK|unix.X_OK)
	}
	if err != nil {
		return titled(title, failing(fmt.Sprintf("Nothing can be recorded in %s by the user %s: %s: %v.", dir, userName(), at, err), remedy))
	}
	return titled(title, fine("They can be written in %s.", dir))
}

// diskIs tells how much room there is in a folder, or in what it will be made in.
func diskIs(what, folder string, least, little uint64, when string) []web.Finding {
	var s unix.Statfs_t
	err := unix.Statfs(folder, &s)
	for at := folder; errors.Is(err, fs.ErrNotExist) && at != "/"; {
		at = filepath.Dir(at)
		err = unix.Statfs(at, &s)
	}
	title := "Disk space for " + what
	if err != nil {
		return []web.Finding{{Level: isWarning, Title: title, Detail: fmt.Sprintf("It cannot be found out for %s: %v.", folder, err)}}
	}
	free := s.Bavail * uint64(s.Bsize)
	f := web.Finding{Level: isOK, Title: title, Detail: fmt.Sprintf("%s of %s are free in %s.", size(free), size(s.Blocks*uint64(s.Bsize)), folder)}
	switch {
	case s.Files > 0 && s.Ffree < 1000:
		f.Level, f.Detail = isError, fmt.Sprintf("There is room for only %d more files in %s. %s", s.Ffree, folder, when)
	case free < least:
		f.Level, f.Detail = isError, f.Detail+" "+when
	case free < little:
		f.Level, f.Detail = isWarning, f.Detail+" "+when
	}
	if f.Level != isOK {
		f.Remedy = "Delete or move what is not needed there."
	}
	return []web.Finding{f}
}

// size is a number of bytes, for people.
func size(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for ; f >= 1000 && i < len(units)-1; i++ {
		f /= 1000
	}
	if f < 10 && i > 0 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}

const clockRemedy = "Have it kept right: 'timedatectl set-ntp true', or install chrony."

// clockIs tells whether something keeps the clock right. By it, what is scheduled airs.
func (x *exam) clockIs(context.Context) []web.Finding {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil { // a sandbox may forbid even to ask
		if _, err := os.Stat("/run/systemd/timesync/synchronized"); err == nil {
			return fine("It is synchronised over the network, says systemd.")
		}
		return info("Whether it is synchronised cannot be told from within this sandbox.", "Look with 'timedatectl': what is scheduled airs by this clock.")
	}
	if state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return warning("Nothing keeps it right: what is scheduled airs by a clock that may be off.", clockRemedy)
	}
	return fine("It is synchronised, to within %.0f ms by the kernel's own estimate.", float64(t.Esterror)/1000)
}

// machineIs tells what the machine has to give.
func (x *exam) machineIs(context.Context) (found []web.Finding) {
	cores, load, free := runtime.NumCPU(), loadOf(), memoryFree()
	words := fmt.Sprintf("%s, load %.1f, %s of memory free.", upper(counted(cores, "core")), load, size(free))
	switch {
	case free > 0 && free < 300<<20:
		found = warning(words+" A channel takes up to 500 MB.", "Give the machine more memory, or less else to do.")
	case load > 2*float64(cores) && x.status == nil:
		found = warning(words+" It is busy already.", "Find out what keeps it busy: 'top'.")
	case cores < 2:
		found = warning(words+" Decoder and encoder share the one: a heavy clip may cost pictures.", "Give it a second core.")
	default:
		found = fine("%s", words)
	}
	return found
}

func loadOf() float64 {
	raw, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(raw), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

// memoryFree is how much memory could be had, in bytes; 0: not known.
func memoryFree() uint64 {
	raw, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
			kb, _ := strconv.ParseUint(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// limitsAre tells how many files and connections there can be at once.
func (x *exam) limitsAre(context.Context) []web.Finding {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return info("It cannot be found out: "+err.Error()+".", "")
	}
	if l.Max < 4096 {
		return warning(fmt.Sprintf("Only %d files and connections can be open at once: many listeners to the desk's events may be too many.", l.Max),
			"Raise it to 4096 or more: LimitNOFILE in the unit, 'ulimit -n' in a shell.")
	}
	return fine("%d files and connections can be open at once.", l.Max)
}

// supervisionIs tells whether anybody would start the channel again.
func (x *exam) supervisionIs(context.Context) []web.Finding {
	const remedy = "Install the unit from configs/systemd: it starts the channel again within a second, also when it hangs."
	if !x.desk {
		units, _ := filepath.Glob("/etc/systemd/system/airloom*.service")
		switch {
		case x.path == "": // the demo
			return fine("This is the demo: nobody watches over it.")
		case len(units) > 0:
			return fine("There is a systemd unit (%s). Whether this channel runs under it, its desk tells.", filepath.Base(units[0]))
		}
		return info("There is no systemd unit for airloom: nobody would start a channel again that was killed.", remedy)
	}
	watchdog, _ := strconv.Atoi(os.Getenv("WATCHDOG_USEC"))
	switch {
	case os.Getenv("INVOCATION_ID") == "":
		return info("The channel runs by itself: if it is killed, nobody starts it again.", remedy)
	case watchdog == 0:
		return warning("systemd runs it, without a watchdog: a channel that hangs is not restarted.", "Set WatchdogSec=10 and Type=notify in the unit, as configs/systemd has it.")
	}
	return fine("systemd runs it, and restarts it when ticks stand still for %d s.", watchdog/1_000_000)
}

// userIs tells root that the channel may not be allowed what root is.
func (x *exam) userIs(context.Context) []web.Finding {
	var s unix.Stat_t
	if os.Geteuid() != 0 || x.cfg == nil || unix.Stat(x.cfg.State.Dir, &s) != nil || s.Uid == 0 {
		return nil
	}
	name := strconv.Itoa(int(s.Uid))
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return info(fmt.Sprintf("You are root, and the channel runs as %s: what it may read and write may be less than what is found here.", name),
		fmt.Sprintf("Ask as that user (sudo -u %s airloom doctor), or at the desk.", name))
}

// fencesAre tells whether the kernel can keep a decoder that was taken over from
// doing harm.
func (x *exam) fencesAre(context.Context) []web.Finding {
	var missing []string
	if v, err := llsys.LandlockGetABIVersion(); err != nil || v < 1 {
		missing = append(missing, "landlock (files)")
	}
	if _, err := os.Stat("/proc/sys/kernel/seccomp/actions_avail"); err != nil {
		missing = append(missing, "seccomp (calls)")
	}
	if len(missing) > 0 {
		return info(fmt.Sprintf("This kernel has no %s: a file that takes a decoder over could do more than it should.", strings.Join(missing, " and no ")),
			"Use a newer kernel where files come from strangers: Debian 12's has both.")
	}
	return fine("A decoder can read the media and nothing else (landlock, seccomp).")
}

// certificateIs tells how long the certificate lasts.
func certificateIs(w configs.Web) []web.Finding {
	pair, err := tls.LoadX509KeyPair(w.TLS.Cert, w.TLS.Key)
	if err != nil {
		return nil // the config's look has told
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return failing(fmt.Sprintf("The certificate %s cannot be read: %v.", w.TLS.Cert, err), "Put a good one there.")
	}
	left := time.Until(cert.NotAfter)
	words := fmt.Sprintf("It answers at %s, with TLS; the certificate lasts until %s.", w.Listen, cert.NotAfter.Format(time.DateOnly))
	switch {
	case left < 0:
		return failing(words+" That is over: browsers refuse it.", "Renew it; the new one is taken without a restart.")
	case left < 14*24*time.Hour:
		return warning(words, "Renew it; the new one is taken without a restart.")
	}
	return fine("%s", words)
}

// userName is who this process runs as.
func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
