// Blocks, occurrences and notes in words.

import { length, type Clock } from "../../lib/time";
import type { Words } from "../../words/words.svelte";
import { stamp } from "./axis";
import type { Block, Note, Occurrence } from "./fold";
import type { Piece } from "./pieces";

/** What stands in, or what an item is called. */
export function titleOf(p: Piece, w: Words): string {
  const other = w.schedule.standIn[p.outcome] ?? (p.mode === "slate" || p.mode === "filler" ? w.schedule.standIn[p.mode] : undefined);
  return other ?? (p.title || p.source || w.common.unknown);
}

/** A block's heading: its item, or its playlist and how many items. */
export function headOf(b: Block, w: Words, name: (playlist: string) => string): { title: string; more: string } {
  const first = b.pieces[0]!;
  if (b.kind === "gap") {
    const what = new Set(b.pieces.map((p) => titleOf(p, w)));
    return { title: what.size === 1 ? titleOf(first, w) : w.schedule.gap, more: length((b.end - b.start) / 1000) };
  }
  if (b.kind === "item") return { title: titleOf(first, w), more: "" };
  const titles = new Set(b.pieces.map((p) => p.title));
  return titles.size === 1 ? { title: titleOf(first, w), more: "" } : { title: name(first.playlist), more: w.schedule.items(b.pieces.length) };
}

/** Sun */
export function weekdayOf(clock: Clock, at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(Date.parse(`${clock.iso(at)}T12:00:00Z`));
}

/** 20:00:00 to 21:30:00 */
export function fromTo(clock: Clock, start: number, end: number, w: Words, open = false): string {
  return open ? w.schedule.fromOpen(stamp(clock, start)) : w.schedule.fromTo(stamp(clock, start), stamp(clock, end));
}

export function noteText(n: Note, clock: Clock, w: Words, name: (playlist: string) => string): string {
  const t = w.schedule.notes;
  const times = n.times > 1 ? ` ${t.times(n.times)}` : "";
  switch (n.kind) {
    case "cut": return t.cut(n.title, length(n.seconds), name(n.by), n.again ? stamp(clock, n.again) : "") + times;
    case "ends": return t.ends(n.title, length(n.seconds)) + times;
    case "gap": return t.gap(length(n.seconds), n.filler > 0 ? length(n.filler) : "", n.slate > 0 ? length(n.slate) : "");
    case "once": return t.once(n.title, stamp(clock, n.at, false));
    case "clocks": {
      const was = new Date(n.at + clock.offset(n.at - 1000)).toISOString().slice(11, 16), is = clock.wall(n.at).slice(0, 5);
      return t.clocks(`${was} ${clock.abbreviation(n.at - 1000)}`, `${is} ${clock.abbreviation(n.at)}`, was, is, n.seconds < 0);
    }
    default: return (times && !/[.。]$/.test(n.title) ? `${n.title}${w.schedule.notes.end}` : n.title) + times;
  }
}

/** What is said of a start beside its name. */
export function startWords(o: Occurrence, w: Words): string {
  const how = w.kinds[o.mode] ?? o.mode;
  return o.waits >= 1000 ? w.schedule.waits(how, length(o.waits / 1000)) : how;
}
