// Where moments lie on a timeline. A day's axis is real time: one on which clocks
// change is an hour longer or shorter, and says so. A week's axis is what clocks
// show: an hour that airs twice has a row of its own, which other days leave empty.

import type { Clock } from "../../lib/time";

/** When the channel's day begins; until then it is still the day before. */
export const dayStart = "06:00:00";

const minute = 60e3;
const hour = 3600e3;

/** 2026-10-24 and so many days. */
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + n * 86400e3).toISOString().slice(0, 10);
}

/** The channel's day that a moment belongs to. */
export function dayOf(clock: Clock, at: number): string {
  const day = clock.iso(at);
  return at < clock.moment(day, dayStart) ? addDays(day, -1) : day;
}

/** When a day begins and ends, in ms. */
export interface Span { from: number; to: number }

export function spanOf(clock: Clock, day: string): Span {
  return { from: clock.moment(day, dayStart), to: clock.moment(addDays(day, 1), dayStart) };
}

/** The Monday of the week that a day is in. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/** A change of clocks: at the moment `at` they go `by` ms on; negative: back. */
export interface Change { at: number; by: number }

/** The changes of clocks in a span of some days. */
export function changesIn(clock: Clock, span: Span): Change[] {
  const found: Change[] = [];
  for (let t = span.from; t < span.to; t += 6 * hour) {
    let low = t, high = Math.min(t + 6 * hour, span.to);
    const by = clock.offset(high) - clock.offset(low);
    if (by === 0) continue;
    const was = clock.offset(low);
    while (high - low > minute) {
      const mid = low + Math.floor((high - low) / 2 / minute) * minute;
      if (mid === low) break;
      if (clock.offset(mid) === was) low = mid; else high = mid;
    }
    if (high < span.to) found.push({ at: high, by });
  }
  return found;
}

/** 20:00:00; where clocks show that twice, with the zone: 02:30:00 CEST. */
export function stamp(clock: Clock, at: number, seconds = true): string {
  if (seconds) return clock.at(at);
  const text = clock.wall(at).slice(0, 5);
  return clock.isTwice(at) ? `${text} ${clock.abbreviation(at)}` : text;
}

/** A line of the axis. */
export interface Line { at: number; text: string; zone: string; newDay: boolean }

/** The full hours of a span and, on a night when clocks change, where they do. `every` leaves hours out. */
export function linesOf(clock: Clock, span: Span, every = 1): Line[] {
  const lines: Line[] = [];
  const edges = [span.from, ...changesIn(clock, span).map((c) => c.at), span.to];
  for (let i = 0; i + 1 < edges.length; i++) {
    const from = edges[i]!, to = edges[i + 1]!, offset = clock.offset(from);
    const first = Math.ceil((from + offset) / hour) * hour - offset;
    if (i > 0 && first !== from) lines.push(line(clock, from));
    for (let t = first; t < to; t += hour) {
      const shown = Math.floor((t + offset) / hour) % 24;
      if (shown % every === 0 || t === from) lines.push(line(clock, t));
    }
  }
  return lines;
}

function line(clock: Clock, at: number): Line {
  const text = clock.wall(at).slice(0, 5);
  return { at, text, zone: clock.isTwice(at) ? clock.abbreviation(at) : "", newDay: text === "00:00" };
}

/** A week's axis, in ms from the day's beginning as clocks show it. */
export interface WeekAxis {
  length: number;
  lines: { y: number; text: string }[];
  days: WeekDay[];
}

/** A day of it: `y` says where a moment lies, `none` the stretches that the day does not have. */
export interface WeekDay { day: string; span: Span; y: (at: number) => number; none: { from: number; to: number }[] }

/** The axis of the seven days from a Monday on. */
export function weekOf(clock: Clock, monday: string): WeekAxis {
  const days = Array.from({ length: 7 }, (_, i) => addDays(monday, i));
  const spans = days.map((d) => spanOf(clock, d));
  const changes = spans.map((s) => changesIn(clock, s)[0]);
  const back = changes.find((c) => c !== undefined && c.by < 0);
  const backDay = back ? spans[changes.indexOf(back)]! : undefined;
  // Where the row begins that one day alone has: what clocks would have shown.
  const extraAt = back && backDay ? back.at - backDay.from : Infinity;
  const extra = back ? -back.by : 0;
  const length = 24 * hour + extra;
  const week: WeekDay[] = days.map((day, i) => {
    const span = spans[i]!, change = changes[i];
    const isBack = change !== undefined && change === back;
    const base = clock.offset(span.from);
    const y = (at: number): number => {
      if (at <= span.from) return 0;
      if (at >= span.to) return length;
      const shown = at - span.from + (isBack ? 0 : clock.offset(at) - base);
      return isBack || shown < extraAt ? shown : shown + extra;
    };
    const none = [];
    if (back && !isBack) none.push({ from: extraAt, to: extraAt + extra });
    if (change && change.by > 0) none.push({ from: change.at - span.from, to: change.at - span.from + change.by });
    return { day, span, y, none };
  });
  const lines = [];
  const plain = Date.parse(`2000-01-01T${dayStart}Z`);
  const text = (shown: number) => new Date(plain + shown).toISOString().slice(11, 16);
  for (let shown = 0; shown < 24 * hour; shown += hour) lines.push({ y: shown < extraAt ? shown : shown + extra, text: text(shown) });
  if (back && backDay) {
    const zone = (at: number) => `${clock.wall(at).slice(0, 5)} ${clock.abbreviation(at)}`;
    const before = lines.find((l) => l.y === extraAt - extra);
    if (before) before.text = zone(back.at - extra);
    lines.push({ y: extraAt, text: zone(back.at) });
    lines.sort((a, b) => a.y - b.y);
  }
  return { length, lines, days: week };
}

/** The moment that lies there on a day of the week's axis; in what it does not have, what comes next. */
export function momentAt(d: WeekDay, y: number): number {
  let low = d.span.from, high = d.span.to;
  while (high - low > 1000) {
    const mid = Math.floor((low + high) / 2);
    if (d.y(mid) <= y) low = mid; else high = mid;
  }
  return d.y(high) <= y ? high : d.y(low) < y - 1000 && d.y(high) > y ? high : low;
}
