package asrun

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const fileName = "airloom.db"

// file is the open state file, and the lock that makes it ours.
type file struct {
	path string
	db   *sql.DB
	lock *os.File
	stat os.FileInfo // to notice when somebody removes it
}

// schema is what turns a file of version n into one of n+1. Steps are only ever
// added: a file of any older airloom is brought up to date.
//
// The row that is on air has the id 0, so that the sum of all ticks is the tick
// counter at any moment.
var schema = []string{`
CREATE TABLE rows (
	id       INTEGER PRIMARY KEY,
	tick     INTEGER NOT NULL,
	ticks    INTEGER NOT NULL,
	start    INTEGER NOT NULL, -- all times: nanoseconds since 1970
	until    INTEGER NOT NULL,
	planned  INTEGER,
	playlist TEXT NOT NULL,
	idx      INTEGER NOT NULL,
	item     TEXT NOT NULL,
	round    INTEGER NOT NULL,
	source   TEXT NOT NULL,
	title    TEXT NOT NULL,
	mode     TEXT NOT NULL,
	begin    INTEGER NOT NULL,
	in_ns    INTEGER NOT NULL,
	out_ns   INTEGER NOT NULL,
	outcome  TEXT NOT NULL,
	cause    TEXT NOT NULL
);
CREATE INDEX rows_start ON rows (start);
CREATE TABLE run ( -- the run that wrote last
	one   INTEGER PRIMARY KEY CHECK (one = 1),
	run   INTEGER NOT NULL, -- its own number
	base  INTEGER NOT NULL, -- the channel's tick that its tick 0 was
	seq   INTEGER NOT NULL, -- how many of its rows are written
	next  INTEGER NOT NULL, -- the tick that the row after them begins with
	place BLOB,             -- where the channel stood …
	tick  INTEGER,          -- … at this tick of its counter
	at    INTEGER,
	ended TEXT,             -- why it ended, once it has
	seed  INTEGER NOT NULL
);
CREATE TABLE banned (version TEXT PRIMARY KEY, why TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
`}

// newFile takes the state directory, which is made where it is missing.
func newFile(ctx context.Context, dir string) (*file, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	lock, err := takeLock(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &file{path: filepath.Join(dir, fileName), lock: lock}, nil
}

// open opens the file, brings it up to date and looks whether it is whole.
func (f *file) open(ctx context.Context) error {
	// The sources in it may say more of a house than everybody should read.
	// SQLite gives its other files the same mode.
	made, err := os.OpenFile(f.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	switch {
	case err == nil:
		made.Close()
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if f.stat, err = os.Stat(f.path); err != nil {
		return err
	}
	// FULL: each write is on the disk when it returns, so that a power failure
	// costs the last second at most. NORMAL would leave that to the kernel, half
	// a minute and more. One sync a second into a file that is written over
	// again and again costs no more than the bytes.
	f.db, err = sql.Open("sqlite", dsn(f.path, url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)",
			"cache_size(-512)", "journal_size_limit(4194304)",
		},
		"_txlock": {"immediate"},
	}))
	if err != nil {
		return err
	}
	f.db.SetMaxOpenConns(1)
	if err := f.migrate(ctx, schema); err != nil {
		return err
	}
	return f.check(ctx)
}

// check looks through a file of a few days. A larger one is not waited for: its
// damage is found in the course of the run.
func (f *file) check(ctx context.Context) error {
	if f.stat.Size() > 4<<20 {
		return nil
	}
	var verdict string
	if err := f.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}

// dsn names the file to SQLite, whatever characters its path has.
func dsn(path string, params url.Values) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}).String()
}

var (
	errNewer   = errors.New("a newer airloom wrote it")
	errDamaged = errors.New("the file is damaged")
)

// migrate takes the steps that the file has not been taken through yet.
func (f *file) migrate(ctx context.Context, steps []string) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return errNewer
	}
	if version == len(steps) {
		return nil
	}
	for _, step := range steps[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
		return err
	}
	return tx.Commit()
}

// gone reports whether somebody has removed or replaced the file: what is
// written to it would be lost.
func (f *file) gone() bool {
	st, err := os.Stat(f.path)
	return err != nil || !os.SameFile(st, f.stat)
}

// closeDB closes the file and keeps the directory.
func (f *file) closeDB() {
	if f.db != nil {
		_ = f.db.Close() // what is committed stays
		f.db = nil
	}
}

// close gives all back, the directory last.
func (f *file) close() {
	f.closeDB()
	f.lock.Close()
}

// setAside renames a damaged file, with what belongs to it, and returns its new
// name. The file must be closed.
func setAside(path string, now time.Time) (string, error) {
	aside := path + ".damaged-" + now.Format("20060102-150405")
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.damaged-%s-%d", path, now.Format("20060102-150405"), n)
	}
	// The main file goes last: should anything fail before, the next try finds it.
	for _, part := range []string{"-wal", "-shm", ""} {
		err := os.Rename(path+part, aside+part)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return filepath.Base(aside), nil
}
