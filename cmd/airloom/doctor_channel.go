package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"golang.org/x/sys/unix"

	"airloom/configs"
	"airloom/playlist/document"
	"airloom/web"
)

// configIs tells each problem of the config by itself.
func (x *exam) configIs(context.Context) (found []web.Finding) {
	for _, p := range x.problems {
		level, remedy := isWarning, ""
		if p.Severity == document.Error {
			level, remedy = isError, "Correct it, then restart the channel. 'airloom check' tells all that is wrong with the files."
		}
		found = append(found, web.Finding{Level: level, Detail: displayedProblem(p), Remedy: remedy})
	}
	switch {
	case len(found) > 0:
		return found
	case x.path == "":
		return fine("There is no file: this is the demo.")
	}
	return fine("%s is in order.", displayed(x.path))
}

func displayedProblem(p configs.Problem) string {
	p.File = displayed(p.File)
	return p.String()
}

const writeRemedy = "Where the desk is to change them, give the channel's user the right to write there. Under systemd the path also has to stand in the unit's ReadWritePaths."

// playlistsAre tells what stands against the playlists, and whether the desk can
// save them.
func (x *exam) playlistsAre(ctx context.Context) (found []web.Finding) {
	if x.cfg == nil {
		return info("Not looked at: there is no config to go by.", "")
	}
	files, problems := checkFolder(ctx, x.cfg)
	if ctx.Err() != nil {
		return warning("The playlists could not be read in time.", "See whether the storage answers: "+x.cfg.Playlists.Watch)
	}
	var errs, doubts []string
	for _, p := range problems {
		if p.Severity == document.Error {
			errs = append(errs, displayedProblem(p))
		} else {
			doubts = append(doubts, displayedProblem(p))
		}
	}
	if len(errs) > 0 {
		found = append(found, failing(some(errs, 5), "Correct them at the desk or in the files. Until then the last good version of each airs.")...)
	}
	if len(doubts) > 0 {
		found = append(found, warning(some(doubts, 5), "'airloom check' tells all of them.")...)
	}
	if len(found) == 0 {
		found = fine("%s in %s, in order.", upper(counted(files, "playlist")), displayed(x.cfg.Playlists.Watch))
	}
	return append(found, cannotWrite("The playlists", x.cfg.Playlists.Watch, "the desk can show them, and not save them")...)
}

// cannotWrite tells that this user cannot change what is in the folder.
func cannotWrite(what, folder, so string) []web.Finding {
	err := unix.Access(folder, unix.W_OK|unix.X_OK)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return info(fmt.Sprintf("%s in %s cannot be changed by the user %s (%v): %s.", what, folder, userName(), err, so), writeRemedy)
}

// webIs tells who can reach the web server, and how safely.
func (x *exam) webIs(context.Context) []web.Finding {
	if x.cfg == nil || x.cfg.Web.Listen == "" {
		return info("It is switched off: there is no desk.", "")
	}
	w := x.cfg.Web
	host, _, err := net.SplitHostPort(w.Listen)
	ip := net.ParseIP(host)
	switch {
	case err != nil:
		return nil // the config has been told of
	case host == "localhost" || ip != nil && ip.IsLoopback():
		return fine("It answers on this machine only, at %s.", w.Listen)
	case w.TLS == configs.TLS{}:
		return warning(fmt.Sprintf("Other machines can reach it at %s, without TLS: passwords and sessions can be read on the way.", w.Listen),
			"Set web.tls, or listen on 127.0.0.1 behind a proxy that speaks HTTPS.")
	}
	return certificateIs(w)
}

// tellUnwritable tells what the desk could not change, for check: that is no mistake.
func tellUnwritable(w io.Writer, cfg *configs.Config) {
	for _, one := range []struct{ key, folder, so string }{
		{"playlists.watch", cfg.Playlists.Watch, "the desk cannot save playlists there"},
		{"media.root", cfg.Media.Root, "the desk cannot upload, rename or delete there"},
	} {
		for _, f := range cannotWrite(one.key+": what is", one.folder, one.so) {
			fmt.Fprintf(w, "%s: info: %s\n", cfg.Pos(one.key), strings.TrimSuffix(f.Detail, "."))
		}
	}
}
