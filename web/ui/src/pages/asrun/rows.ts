// The as-run log for looking at: what an outcome is called and how it looks, by how
// much starts were late, and the band of a day.

import type { Type } from "../../api/call";
import { length } from "../../lib/time";

export type Aired = Type<"Aired">;

/** What kind of ending it is: it decides look and filter. */
export type Look = "played" | "air" | "cut" | "bad" | "standin" | "off";

const looks: Record<string, Look> = {
  played: "played", "on air": "air", cut: "cut", skipped: "cut", "left out": "bad", "ended early": "bad", crashed: "bad", filler: "standin", slate: "standin", hold: "standin", off: "off", unknown: "off",
};

export const lookOf = (outcome: string): Look => looks[outcome] ?? "played";

/** A row as the page has it. Times are ms since 1970. */
export interface Row {
  key: string;
  start: number;
  end: number;
  aired: boolean; // false: it was planned and did not air
  planned: number; // 0: none was, or it is not this row that it is about
  late: number; // s after it; negative: before
  look: Look;
  outcome: string; // that of the log, but "left out" for what was skipped and never aired
  holds: number; // short holds within it, of which no row is made
  held: number; // s, all of them
  of: Aired;
}

/** A hold shorter than this, in the middle of an item, is told at the item. */
const brief = 10;

interface Whole { of: Aired; holds: number; held: number }

/** The log with an item that was held for moments as one row: pieces of it and the holds between them follow on one another. */
export function folded(log: readonly Aired[]): Whole[] {
  const list: Whole[] = [];
  for (const of of log) {
    const last = list.at(-1);
    const seconds = (Date.parse(of.end) - Date.parse(of.start)) / 1000;
    const goesOn = last !== undefined && of.id !== "" && last.of.id === of.id && last.of.playlist === of.playlist && last.of.mode === of.mode && last.of.end === of.start;
    if (goesOn && of.outcome === "hold" && seconds < brief && !ended(last.of)) {
      last.holds++;
      last.held += seconds;
      last.of = { ...last.of, end: of.end, ticks: last.of.ticks + of.ticks };
    } else if (goesOn && last.holds > 0 && of.outcome !== "hold" && (of.in_s ?? 0) > (last.of.in_s ?? 0) && !ended(last.of)) {
      last.of = { ...of, tick: last.of.tick, start: last.of.start, planned: last.of.planned, in_s: last.of.in_s, ticks: last.of.ticks + of.ticks };
    } else list.push({ of, holds: 0, held: 0 });
  }
  return list;
}

const ended = (of: Aired): boolean => of.outcome !== "played" && of.outcome !== "cut";

/**
 * The rows of a log. The planned start is that of a playlist, so it is told of the
 * first that airs of it alone, with how late that was.
 */
export function rowsOf(log: readonly Aired[]): Row[] {
  const begun = new Set<string>();
  return folded(log).map(({ of, holds, held }, i) => {
    const start = Date.parse(of.start), end = Date.parse(of.end), aired = end > start || of.outcome === "on air";
    const run = `${of.playlist} ${of.planned}`;
    const first = of.planned !== null && !begun.has(run);
    if (aired && of.planned !== null) begun.add(run);
    const planned = first ? Date.parse(of.planned!) : 0;
    const outcome = of.outcome === "skipped" && !aired ? "left out" : of.outcome;
    return { key: `${of.tick} ${of.start} ${i}`, start, end, aired, planned, late: planned && aired ? (start - planned) / 1000 : 0, look: lookOf(outcome), outcome, holds, held, of };
  });
}

/** New rows in place of the end of those that are known: what begins at `from` or later is told anew. */
export function renewed(log: readonly Aired[], fresh: readonly Aired[], from: number): Aired[] {
  return [...log.filter((r) => Date.parse(r.start) < from), ...fresh.filter((r) => Date.parse(r.start) >= from)];
}

/** What is to be said of a row: why it ended so, and how often it stood still. */
export const notes = (r: Row, w: { holds: (n: number, held: string) => string }): string => [r.of.cause, r.holds > 0 ? w.holds(r.holds, length(Math.ceil(r.held))) : ""].filter(Boolean).join(" ");

/** Whether a row has every word of a search, in its title, source, playlist or cause. */
export function found(r: Row, search: string): boolean {
  const text = `${r.of.title} ${r.of.source} ${r.of.playlist} ${r.of.cause}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** A stretch of the band; a point where it lasts no time. `row` is its first. */
export interface Stretch { look: Look; start: number; end: number; row: number; count: number }

/** The band: neighbours of one look are one stretch, what did not air is a point. */
export function bandOf(rows: readonly Row[]): { stretches: Stretch[]; points: Stretch[] } {
  const stretches: Stretch[] = [], points: Stretch[] = [];
  rows.forEach((r, row) => {
    if (r.end <= r.start && r.look !== "air") { points.push({ look: r.look, start: r.start, end: r.start, row, count: 1 }); return; }
    const last = stretches.at(-1);
    if (last && last.look === r.look && r.start - last.end < 1000) { last.end = r.end; last.count++; return; }
    stretches.push({ look: r.look, start: r.start, end: r.end, row, count: 1 });
  });
  return { stretches, points };
}

/** Points that lie closer than `least` ms are one. */
export function gathered(points: readonly Stretch[], least: number): Stretch[] {
  const list: Stretch[] = [];
  for (const p of points) {
    const last = list.at(-1);
    if (last && p.start - last.start < least) last.count += p.count;
    else list.push({ ...p });
  }
  return list;
}

/** How many lines a text takes at so many px; letters of Chinese are twice as wide. */
export function linesOf(text: string, width: number): number {
  let cells = 0;
  for (const letter of text) cells += letter > "\u2e7f" ? 2 : 1;
  return Math.max(1, Math.ceil((cells * 7.2) / Math.max(60, width)));
}
