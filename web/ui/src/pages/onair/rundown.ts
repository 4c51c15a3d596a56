// The rundown as lines: entries, and headings where another playlist takes over.
// Pure; entries keep their keys when the rundown moves on, so that rows can glide.

import type { Type } from "../../api/call";
import { besides } from "../../lib/air";

export type Entry = Type<"Upcoming">;
type Alert = Type<"Alert">;

export interface Row { key: string; entry: Entry }

/** Why a playlist's entries begin here. */
export interface Section {
  kind: "on" | "hard" | "soft" | "take" | "on-again" | "base";
  playlist: string;
  mode: string;
  at: string; // when its first entry starts
  planned: string | null; // where that differs by more than a second
  until: string | null; // when another takes over, where that is known
}

export type Line =
  | { kind: "section"; key: string; section: Section }
  | { kind: "entry"; key: string; entry: Entry; cut: Cut | null; fills: string | null; alerts: Alert[] };

/** What takes an entry off before its end. */
export interface Cut {
  at: string;
  by: "hard" | "other" | "time" | "unknown";
  playlist: string; // what takes over; with "time" the one whose time is over
  rest: string | null; // when the rest airs
}

const ms = (t: string): number => Date.parse(t);

/** Gives the entries of a new answer the keys that they had in the one before. */
export function keyed(before: readonly Row[], entries: readonly Entry[], serial: () => number): Row[] {
  const name = (e: Entry) => `${e.playlist}\n${e.id}\n${e.mode}`;
  const now = entries[0] ? ms(entries[0].start) : 0;
  const known = new Map<string, Row[]>();
  for (const r of before) {
    const over = r.entry.end !== null && ms(r.entry.end) <= now && r.entry.plays;
    if (over || (!r.entry.plays && ms(r.entry.start) <= now)) continue;
    const list = known.get(name(r.entry));
    if (list) list.push(r); else known.set(name(r.entry), [r]);
  }
  return entries.map((entry) => ({ key: known.get(name(entry))?.shift()?.key ?? `e${serial()}`, entry }));
}

/** What belongs to nobody, such as a filler, belongs to what is around it. */
const groupOf = (e: Entry): string => (e.mode === "hard" || e.mode === "soft" ? `${e.playlist}|${e.planned}` : `${e.playlist}|${e.mode}`);

export function lines(rows: readonly Row[], alerts: readonly Alert[]): Line[] {
  const out: Line[] = [];
  const entries = rows.map((r) => r.entry);
  const open = besides(alerts);
  const seen = new Set<string>();
  let group = "";
  rows.forEach(({ key, entry }, i) => {
    const g = entry.playlist === "" ? group : groupOf(entry);
    if (g !== group) {
      const s = section(entries, i, seen.has(g));
      if (s) out.push({ kind: "section", key: `s${key}`, section: s });
      seen.add(g);
      group = g;
    }
    out.push({ kind: "entry", key, entry, cut: entry.cut ? cutOf(entries, i) : null, fills: entry.mode === "filler" ? fillsTo(entries, i) : null, alerts: taken(open, entry) });
  });
  return out;
}

/** The heading of the run that begins at i; none where the base playlist is on air first. */
function section(entries: readonly Entry[], i: number, again: boolean): Section | null {
  const e = entries[i]!;
  const g = groupOf(e);
  let end = i;
  while (end + 1 < entries.length && (entries[end + 1]!.playlist === "" || groupOf(entries[end + 1]!) === g)) end++;
  const until = end + 1 < entries.length ? entries[end + 1]!.start : null;
  const late = e.planned !== null && Math.abs(ms(e.planned) - ms(e.start)) > 1000;
  const s = { playlist: e.playlist, mode: e.mode, at: e.start, planned: late ? e.planned : null, until };
  if (i === 0) return e.mode === "base" || e.playlist === "" ? null : { ...s, kind: "on" };
  if (again) return { ...s, kind: "on-again" };
  if (e.mode === "hard" || e.mode === "soft" || e.mode === "take") return { ...s, kind: e.mode };
  return { ...s, kind: "base" };
}

function cutOf(entries: readonly Entry[], i: number): Cut {
  const e = entries[i]!;
  const after = entries.slice(i + 1).find((x) => x.plays);
  const rest = entries.slice(i + 1).find((x) => x.plays && x.id === e.id && x.playlist === e.playlist && e.out_s !== null && x.in_s !== null && Math.abs(x.in_s - e.out_s) < 2);
  const c: Cut = { at: e.end ?? e.start, by: "unknown", playlist: "", rest: rest?.start ?? null };
  if (!after) return c;
  if (after.mode === "hard" && groupOf(after) !== groupOf(e)) return { ...c, by: "hard", playlist: after.playlist };
  if ((after.mode === "soft" || after.mode === "take") && groupOf(after) !== groupOf(e) && !(e.mode === "hard")) return { ...c, by: "other", playlist: after.playlist };
  return e.mode === "hard" || e.mode === "soft" ? { ...c, by: "time", playlist: e.playlist } : c;
}

function fillsTo(entries: readonly Entry[], i: number): string | null {
  let j = i;
  while (entries[j + 1]?.mode === "filler") j++;
  return entries[j]!.end;
}

/** The alerts of an entry, taken out of those that are left: each stands at one row. */
function taken(open: Alert[], e: Entry): Alert[] {
  const mine = open.filter((a) => a.item_id !== "" && a.item_id === e.id && a.playlist === e.playlist);
  for (const a of mine) open.splice(open.indexOf(a), 1);
  return e.plays ? mine : []; // what is left out says why already
}

/** The alerts that stand at none of the lines. */
export function others(list: readonly Line[], alerts: readonly Alert[]): Alert[] {
  const items = new Set(list.flatMap((l) => (l.kind === "entry" ? [`${l.entry.playlist}\n${l.entry.id}`] : [])));
  return besides(alerts).filter((a) => !a.item_id || !items.has(`${a.playlist}\n${a.item_id}`));
}

/** How many entries need a look. */
export const toLookAt = (list: readonly Line[]): number => list.filter((l) => l.kind === "entry" && (l.cut !== null || l.entry.warnings.length > 0 || l.alerts.length > 0 || !l.entry.plays)).length;

/** How far ahead the lines reach, in seconds. */
export function span(rows: readonly Row[]): number {
  const first = rows[0], last = rows.at(-1);
  return first && last ? (ms(last.entry.end ?? last.entry.start) - ms(first.entry.start)) / 1000 : 0;
}

/** Whether an operator can put it on air. */
export const takeable = (e: Entry): boolean => e.plays && e.playlist !== "" && e.id !== "" && e.mode !== "filler" && e.mode !== "slate";

/** The line that airs at a moment; -1 beyond the end. */
export function lineAt(list: readonly Line[], when: number): number {
  return list.findIndex((l) => l.kind === "entry" && l.entry.plays && (l.entry.end === null || ms(l.entry.end) > when));
}

/** A time of day as typed: 20, 20:00, 2000, 20:00:30; as 20:00:00. null where it is none. */
export function clockTime(text: string): string | null {
  const m = /^(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/.exec(text.trim().replace("：", ":"));
  if (!m) return null;
  const [h, min, s] = [m[1], m[2] ?? "0", m[3] ?? "0"].map(Number) as [number, number, number];
  if (h > 23 || min > 59 || s > 59) return null;
  return [h, min, s].map((n) => String(n).padStart(2, "0")).join(":");
}
