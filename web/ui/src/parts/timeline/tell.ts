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
  if (b.kind === "gap") return { title: w.schedule.gap, more: length((b.end - b.start) / 1000) };
  if (b.kind === "item") return { title: titleOf(first, w), more: "" };
  const titles = new Set(b.pieces.map((p) => p.title));
  return titles.size === 1 ? { title: titleOf(first, w), more: "" } : { title: name(first.playlist), more: w.schedule.items(b.pieces.length) };
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
    case "clocks": return t.clocks(`${clock.at(n.at - 1).slice(0, 5)}`, `${clock.at(n.at).slice(0, 5)} ${clock.abbreviation(n.at)}`, n.seconds);
    default: return n.title + times;
  }
}

/** What is said of a start beside its name. */
export function startWords(o: Occurrence, w: Words): string {
  const how = w.kinds[o.mode] ?? o.mode;
  return o.waits >= 1000 ? w.schedule.waits(how, length(o.waits / 1000)) : how;
}
