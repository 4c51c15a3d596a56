// When each row would air, from lengths alone: what is shown while something is
// dragged, before the engine has said it. Pure; times are ms since 1970.

import type { Row } from "./draft";

/** What is known of the air, from the engine's last word. */
export interface Air {
  /** The row that the walk begins with, and when it begins. */
  from: number; // its place
  at: number;
  /** Does it begin again at its end? */
  loops: boolean;
  /** Times in which something else airs, in order: what this playlist goes on after. */
  away: readonly { from: number; to: number }[];
  /** From when on nothing is known; Infinity: never. */
  until?: number;
}

export interface Times {
  /** When each row would begin, by place; NaN where it is not known. */
  starts: Float64Array;
  /** When the row after the last would begin: the end of a round; NaN where it is not known. */
  end: number;
}

/** Walks once round the rows, from the one that airs first. Length gives ms; null: not known; 0: it is skipped. */
export function walk(rows: readonly Row[], length: (r: Row) => number | null, air: Air | null): Times {
  const starts = new Float64Array(rows.length).fill(NaN);
  if (!air || rows.length === 0) return { starts, end: NaN };
  let t = air.at;
  let gap = 0; // the first time away that is not over
  const past = () => {
    while (gap < air.away.length && air.away[gap]!.to <= t) gap++;
    const a = air.away[gap];
    if (a && t >= a.from) { t = a.to; gap++; }
  };
  const first = Math.min(air.from, rows.length - 1);
  const count = air.loops ? rows.length : rows.length - first;
  let end = NaN;
  for (let n = 0; n < count; n++) {
    const i = (first + n) % rows.length;
    const l = length(rows[i]!);
    if (l === 0) continue;
    past();
    if (t >= (air.until ?? Infinity)) return { starts, end };
    starts[i] = t;
    if (l === null) { t = NaN; } else {
      t += l;
      for (let a = air.away[gap]; a && t > a.from; a = air.away[gap]) { t += a.to - a.from; gap++; }
    }
    if (i === rows.length - 1) end = t;
  }
  return { starts, end };
}

/** When something would air that is put before the row at a place: the end of what stands before it. */
export function startAt(times: Times, rows: readonly Row[], place: number, length: (r: Row) => number | null): number {
  for (let i = place - 1; i >= 0; i--) {
    const l = length(rows[i]!);
    if (l === 0) continue;
    if (l === null) return NaN;
    return times.starts[i]! + l;
  }
  return times.starts.find((t) => !Number.isNaN(t)) ?? NaN;
}

/** The sum of what is known, in ms, and how many are not known. */
export function total(rows: readonly Row[], length: (r: Row) => number | null): { ms: number; unknown: number } {
  let ms = 0, unknown = 0;
  for (const r of rows) {
    const l = length(r);
    if (l === null) unknown++; else ms += l;
  }
  return { ms, unknown };
}

/**
 * The times in which something else airs, as the engine's starts tell them: where a
 * row begins later than the one before it ends by its length.
 */
export function awayOf(starts: readonly { at: number; end: number; length: number | null }[]): { from: number; to: number }[] {
  const inOrder = [...starts].sort((a, b) => a.at - b.at);
  const away: { from: number; to: number }[] = [];
  inOrder.forEach((s, i) => {
    const next = inOrder[i + 1];
    if (!next || s.length === null) return;
    const gap = next.at - s.at - s.length;
    if (gap < 1000) return; // less is rounding
    const cutAt = s.end < s.at + s.length - 500 ? s.end : s.at + s.length;
    away.push({ from: cutAt, to: cutAt + gap });
  });
  return away;
}
