// What airs, and what did, as pieces of a timeline: the as-run log up to now, the
// schedule from there on. Times are ms since 1970.

import type { Type } from "../../api/call";

export interface Piece {
  key: string;
  start: number;
  end: number;
  clipped: boolean; // it began before what was asked for
  open: boolean; // no end in sight: `end` is the edge of what was asked for
  id: string;
  playlist: string;
  index: number;
  title: string;
  source: string;
  inS: number; // where in its source it begins, in s
  mode: string;
  planned: number; // the planned start of what brings it on air; 0: none
  cut: boolean;
  outcome: string; // "": it is still to air
  warnings: string[];
}

/** What stands in where no item airs. */
export const standsIn = (p: Piece): boolean =>
  p.mode === "filler" || p.mode === "slate" || ["filler", "slate", "hold", "off", "unknown"].includes(p.outcome);

export function ofSlot(s: Type<"Slot">, edge: number): Piece {
  const start = Date.parse(s.start);
  return {
    key: `s${start}`, start, end: s.end === null ? edge : Date.parse(s.end), open: s.end === null, clipped: false, id: s.id, playlist: s.playlist, index: s.index,
    title: s.title, source: s.source, inS: s.in_s ?? 0, mode: s.mode, planned: s.planned ? Date.parse(s.planned) : 0, cut: s.cut, outcome: "", warnings: s.warnings,
  };
}

export function ofAired(a: Type<"Aired">): Piece {
  return {
    key: `a${a.tick} ${a.start} ${a.outcome}`, start: Date.parse(a.start), end: Date.parse(a.end), open: false, clipped: false, id: a.id, playlist: a.playlist, index: a.index,
    title: a.title, source: a.source, inS: a.in_s ?? 0, mode: a.mode, planned: a.planned ? Date.parse(a.planned) : 0, cut: a.outcome === "cut", outcome: a.outcome, warnings: [],
  };
}

/** What begins or ends at a time of day does so within a tick of it: ms. */
const tick = 250;

/** What aired and what will air in one row; the item on air is one piece, from where it began. */
export function joined(aired: Type<"Aired">[], slots: Type<"Slot">[], from: number, to: number): Piece[] {
  const will = slots.map((s) => ofSlot(s, to));
  const first = will[0];
  const did: Piece[] = [];
  for (const row of aired) {
    const p = ofAired(row);
    if (p.end <= p.start) continue; // it did not air
    if (row.outcome === "on air" && first) {
      if (p.id === first.id) { first.start = Math.min(first.start, p.start); first.inS = p.inS; continue; }
      p.end = first.start;
    }
    did.push(p);
  }
  return [...did, ...will]
    .filter((p) => p.end > from + tick && p.start < to - tick)
    .map((p) => (p.start < from + tick || p.end > to - tick ? { ...p, start: p.start < from + tick ? from : p.start, end: p.end > to - tick ? to : p.end, clipped: p.start < from - tick } : p));
}
