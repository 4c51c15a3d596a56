// Lines of the log: what is kept of them, and how they are broken into rows of
// letters that are all equally wide (Chinese ones twice).

import type { Type } from "../api/call";

export type LogLine = Type<"LogLine">;
export interface Lost { id: number; lost: true } // some lines are no longer kept
export type Line = LogLine | Lost;

export const isLost = (l: Line): l is Lost => "lost" in l;

/** Message and fields as one text: "item skipped  item=Trailer  line=6". */
export function text(l: LogLine): string {
  const fields = Object.entries(l.fields).map(([k, v]) => `${k}=${/[\s"=]/.test(v) || v === "" ? JSON.stringify(v) : v}`);
  return [l.message, ...fields].join("  ");
}

/** The thousandths of a moment's second: "843" of 2026-11-21T20:37:55.843877+01:00. */
export const millis = (at: string): string => (/\.(\d+)/.exec(at)?.[1] ?? "").slice(0, 3).padEnd(3, "0");

/** How many letters' widths a text takes. */
export function cells(s: string): number {
  let n = 0;
  for (const c of s) n += c > "\u2e7f" ? 2 : 1;
  return n;
}

/** Rows that a text takes when it is broken anywhere after so many cells. */
export const rowsOf = (s: string, across: number): number => {
  if (across < 2) return 1;
  let rows = 1, at = 0;
  for (const c of s) {
    const w = c > "\u2e7f" ? 2 : 1;
    if (c === "\n") { rows++; at = 0; continue; }
    if (at + w > across) { rows++; at = 0; }
    at += w;
  }
  return rows;
};

/** Adds newer lines at the end, each once, in the order of their ids; at most `most` are kept, the newest. */
export function appended(all: readonly Line[], fresh: readonly Line[], most: number): Line[] {
  const last = all.at(-1)?.id ?? -1;
  const next = [...all, ...fresh.filter((l) => l.id > last)];
  return next.length > most ? next.slice(next.length - most) : next;
}

/** Adds older lines, given newest first, before all others. */
export function prepended(all: readonly Line[], older: readonly LogLine[]): Line[] {
  const first = all[0]?.id ?? Infinity;
  return [...older.filter((l) => l.id < first).reverse(), ...all];
}
