// What airs, folded for looking at: what is long enough stands alone, short items in
// a row are one block; a playlist's start with all that it airs is one occurrence.

import { standsIn, type Piece } from "./pieces";

export interface Block {
  key: string;
  start: number;
  end: number;
  kind: "item" | "group" | "gap";
  pieces: Piece[];
  cut: boolean;
}

/** The piece of a block that is on at a moment. */
export const pieceAt = (b: Block, at: number): Piece | undefined => b.pieces.find((p) => p.start <= at && at < p.end);

const sameRun = (a: Piece, b: Piece) => a.playlist === b.playlist && a.planned === b.planned && a.mode === b.mode && standsIn(a) === standsIn(b);

/** Blocks of at least `least` ms where there is anything to put together. */
export function fold(pieces: readonly Piece[], least: number): Block[] {
  const blocks: Block[] = [];
  let run: Piece[] = [];
  const close = () => {
    const [first] = run;
    if (!first) return;
    const kind = standsIn(first) ? "gap" : run.length === 1 ? "item" : "group";
    blocks.push({ key: first.key, start: first.start, end: run.at(-1)!.end, kind, pieces: run, cut: run.some((p) => p.cut && (p.outcome !== "" || cutBy(p, pieces))) });
    run = [];
  };
  for (const p of pieces) {
    const last = run.at(-1);
    const alone = p.end - p.start >= least && !standsIn(p);
    const before = last && last.end - last.start >= least && !standsIn(last);
    const goesOn = last && last.id === p.id && sameRun(last, p) && p.outcome !== "" && last.outcome !== "";
    const both = last && standsIn(last) && standsIn(p);
    if (last && !both && (!sameRun(last, p) || ((alone || before) && !goesOn))) close();
    run.push(p);
  }
  close();
  return blocks;
}

/** The next piece of what a piece belongs to. */
const restOf = (p: Piece, i: number, pieces: readonly Piece[]): Piece | undefined =>
  pieces.slice(i + 1).find((r) => r.playlist === p.playlist && r.planned === p.planned && r.mode === p.mode);

/** Whether it is another start that cuts a piece off. Of a start that does not come back its own time is over. */
function cutBy(p: Piece, pieces: readonly Piece[], i = pieces.indexOf(p)): boolean {
  const next = pieces[i + 1];
  return next !== undefined && next.planned > 0 && !sameRun(p, next) && (p.planned === 0 || restOf(p, i, pieces) !== undefined);
}

/** A start of a playlist, with what airs of it. */
export interface Occurrence {
  key: string;
  playlist: string;
  mode: string;
  planned: number;
  start: number; // it got the air; where it began earlier, the edge of what was asked for
  waits: number; // ms from planned to got
  end: number;
  open: boolean;
  past: boolean;
  stretches: { start: number; end: number }[];
  level: number; // how many others it stands within
  pieces: Piece[];
}

export function occurrences(pieces: readonly Piece[]): Occurrence[] {
  const byKey = new Map<string, Occurrence>();
  for (const p of pieces) {
    if (!p.planned || (p.mode !== "hard" && p.mode !== "soft")) continue;
    const key = `${p.playlist} ${p.planned}`;
    let o = byKey.get(key);
    if (!o) {
      o = { key, playlist: p.playlist, mode: p.mode, planned: p.planned, start: p.start, waits: p.clipped ? 0 : Math.max(0, p.start - p.planned), end: p.end, open: false, past: true, stretches: [], level: 0, pieces: [] };
      byKey.set(key, o);
    }
    o.pieces.push(p);
    o.end = Math.max(o.end, p.end);
    o.open ||= p.open;
    o.past &&= p.outcome !== "" && p.outcome !== "on air";
    const last = o.stretches.at(-1);
    if (last && p.start - last.end < 1000) last.end = p.end;
    else o.stretches.push({ start: p.start, end: p.end });
  }
  const list = [...byKey.values()].sort((a, b) => a.start - b.start);
  list.forEach((o, i) => { o.level = list.slice(0, i).filter((other) => other.start < o.start && other.end > o.start).length; });
  return list;
}

/** When the base playlist airs, and where it waits meanwhile. */
export interface BaseStretch { start: number; end: number; airs: boolean; next: Piece | undefined; list: string }

export function baseStretches(pieces: readonly Piece[]): BaseStretch[] {
  const list: BaseStretch[] = [];
  for (const p of pieces) {
    const airs = p.mode === "base", last = list.at(-1);
    if (last && last.airs === airs && p.start - last.end < 1000) { last.end = p.end; continue; }
    if (airs && last && !last.airs) last.next = p;
    list.push({ start: p.start, end: p.end, airs, next: undefined, list: p.playlist });
  }
  return list;
}

/** Something to look at before it airs. */
export interface Note {
  key: string;
  at: number;
  kind: "cut" | "ends" | "gap" | "warning" | "clocks" | "once";
  level: "warning" | "info";
  title: string; // of the item, or the warning itself
  seconds: number; // aired until it is cut; the gap's length; by how much clocks change
  filler: number; // seconds of the gap
  slate: number;
  again: number; // when the rest airs; 0: not in sight
  by: string; // the playlist that cuts it
  times: number; // how often the same comes about
}

const note = (n: Partial<Note> & Pick<Note, "key" | "at" | "kind">): Note =>
  ({ level: "warning", title: "", seconds: 0, filler: 0, slate: 0, again: 0, by: "", times: 1, ...n });

/** What will not air as its makers meant it. */
export function notesOf(pieces: readonly Piece[]): Note[] {
  const notes: Note[] = [];
  const said = new Map<string, Note>();
  const add = (same: string, n: Note) => {
    const before = said.get(same);
    if (before) { before.times++; return; }
    said.set(same, n);
    notes.push(n);
  };
  for (let i = 0; i < pieces.length; i++) {
    const p = pieces[i]!, next = pieces[i + 1];
    if (p.outcome !== "" && p.outcome !== "on air") continue;
    for (const w of p.warnings) add(w, note({ key: `w${p.start}${w}`, at: p.start, kind: "warning", title: w }));
    if (standsIn(p)) {
      const from = i;
      let filler = 0, slate = 0;
      for (; i < pieces.length && standsIn(pieces[i]!); i++) {
        const s = pieces[i]!, length = (s.end - s.start) / 1000;
        if (s.mode === "filler") filler += length; else slate += length;
      }
      i--;
      notes.push(note({ key: `g${pieces[from]!.start}`, at: pieces[from]!.start, kind: "gap", level: slate >= 1 ? "warning" : "info", seconds: filler + slate, filler, slate }));
      continue;
    }
    if (!p.cut) continue;
    const rest = restOf(p, i, pieces);
    const again = rest && rest.id === p.id && rest.inS > p.inS ? rest.start : 0;
    if (next && cutBy(p, pieces, i)) add(`c${p.id} ${next.playlist}`, note({ key: `c${p.start}`, at: p.end, kind: "cut", title: p.title, seconds: (p.end - p.start) / 1000, again, by: next.playlist }));
    else add(`e${p.playlist}`, note({ key: `e${p.start}`, at: p.end, kind: "ends", level: "info", title: p.title, seconds: (p.end - p.start) / 1000 }));
  }
  return notes.sort((a, b) => a.at - b.at);
}

/** Tops of labels that would like to be at `want`, none above the one before: px. */
export function settled(want: readonly number[], heights: readonly number[], gap = 4): number[] {
  const tops: number[] = [];
  let free = 0;
  want.forEach((y, i) => {
    const top = Math.max(y, free);
    tops.push(top);
    free = top + (heights[i] ?? 40) + gap;
  });
  return tops;
}
