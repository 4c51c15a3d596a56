package asrun

import (
	"context"
	"database/sql"
	"time"
)

const columns = "id, tick, ticks, start, until, planned, playlist, idx, item, round, source, title, mode, begin, in_ns, out_ns, outcome, cause"

// put writes a row under its id; a NULL id is the next one.
const put = "INSERT OR REPLACE INTO rows (" + columns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

// commit writes the batch in one transaction.
func (w *writer) commit(ctx context.Context, b batch) error {
	if len(b.rows) == 0 && !b.place && b.bans == nil && (!b.last || !w.begun) {
		return nil
	}
	tx, err := w.file.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	t := &txn{ctx: ctx, tx: tx, mark: w.mark}
	begun := w.begun
	if len(b.rows) > 0 || b.head != nil {
		if !begun {
			t.begin(w.left, b)
			begun = true
		}
		t.programme(b)
		t.note(b)
	}
	if b.bans != nil {
		t.bans(b.bans)
	}
	if t.err != nil {
		return t.err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	w.mark, w.begun = t.mark, begun
	return nil
}

// txn is a transaction that keeps its first error; what follows one does nothing.
type txn struct {
	ctx context.Context
	tx  *sql.Tx
	put *sql.Stmt // prepared when it is first needed
	err error
	mark
}

func (t *txn) exec(query string, args ...any) {
	if t.err == nil {
		_, t.err = t.tx.ExecContext(t.ctx, query, args...)
	}
}

// insert writes a row with the channel's ticks; ID 0 is the row on air.
func (t *txn) insert(r Row, id any) {
	var planned any
	if !r.Planned.IsZero() {
		planned = r.Planned.UnixNano()
	}
	if t.put == nil && t.err == nil {
		t.put, t.err = t.tx.PrepareContext(t.ctx, put)
	}
	if t.err != nil {
		return
	}
	_, t.err = t.put.ExecContext(t.ctx, id, r.Tick, r.Ticks, r.Start.UnixNano(), r.End.UnixNano(), planned, r.Playlist, r.Index, r.Item, r.Round,
		r.Source, r.Title, r.Mode, r.From, int64(r.In), int64(r.Out), r.Outcome, r.Cause)
}

// begin closes what the last run left open, and tells of the time since.
func (t *txn) begin(l left, b batch) {
	why := killed
	if l.ended.Valid {
		why = l.ended.String
	}
	t.close(why)
	first, last := b.starts(), l.last
	if last.IsZero() || first.Before(last) { // the clock was set back: there is no telling how long
		last = first
	}
	t.insert(Row{Tick: t.next, Ticks: l.counter - t.next, Start: last, End: first, Outcome: Off,
		Cause: why + ": nothing aired for " + first.Sub(last).Round(100*time.Millisecond).String()}, nil)
	t.next = l.counter
}

// close makes the row on air one that has ended.
func (t *txn) close(why string) {
	t.exec("UPDATE rows SET id = (SELECT max(id) + 1 FROM rows), cause = ?, outcome = CASE outcome WHEN '' THEN ? ELSE outcome END WHERE id = 0",
		why, Cut)
}

// starts is when the first tick of the batch was due.
func (b batch) starts() time.Time {
	switch {
	case len(b.rows) > 0:
		return b.rows[0].Start
	case !b.head.Air.Start.IsZero():
		return b.head.Air.Start
	}
	return b.head.At
}

// programme writes the rows, so that they abut, and the one on air.
func (t *txn) programme(b batch) {
	if len(b.rows) > 0 {
		t.exec("DELETE FROM rows WHERE id = 0") // it is among them, or is written again below
	}
	for _, r := range b.rows {
		t.append(r.Row)
		t.seq = r.seq
	}
	if b.head == nil {
		return
	}
	air := b.head.Air
	air.Tick += t.base
	air.Ticks = t.base + b.head.Tick - air.Tick
	// Heads and rows come from two goroutines: one that is behind the rows, or
	// before them, says nothing of what is on air now.
	if air.Start.IsZero() || air.Tick != t.next || air.Ticks < 0 {
		return
	}
	air.End = b.head.At
	t.insert(air, 0)
	if b.last {
		t.close(b.ended)
		t.next += air.Ticks
		t.done = t.next - t.base
	}
}

func (t *txn) append(r Row) {
	r.Tick += t.base
	if r.Ticks > 0 {
		if missing := r.Tick - t.next; missing > 0 {
			t.insert(Row{Tick: t.next, Ticks: missing, Start: r.Start, End: r.Start, Outcome: Unknown, Cause: lost}, nil)
		}
		t.next = r.Tick + r.Ticks
		t.done = t.next - t.base
	}
	t.insert(r, nil)
}

// note writes how far this run has come, and where the channel stands.
func (t *txn) note(b batch) {
	var ended any
	if b.last {
		ended = b.ended
	}
	t.exec(`INSERT INTO run (one, run, base, seq, next, ended, seed) VALUES (1,?,?,?,?,?,?)
		ON CONFLICT (one) DO UPDATE SET run = excluded.run, base = excluded.base, seq = excluded.seq, next = excluded.next,
			ended = excluded.ended, seed = excluded.seed`, b.run, t.base, t.seq, t.next, ended, int64(b.seed))
	if b.head != nil {
		t.exec("UPDATE run SET place = ?, tick = ?, at = ?", b.head.Place, t.base+b.head.Tick, b.head.At.UnixNano())
	}
}

func (t *txn) bans(list []Ban) {
	t.exec("DELETE FROM banned")
	for _, b := range list {
		t.exec("INSERT INTO banned (version, why, since) VALUES (?,?,?)", b.Version, b.Why, b.Since.UnixNano())
	}
}
