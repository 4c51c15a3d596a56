// What is on air and what comes, from one status and the engine's clock. Pure.

import type { Type } from "../api/call";

type Status = Type<"Status">;

/** What follows the item on air. */
export interface Following {
  id: string;
  playlist: string;
  index: number;
  source: string;
  title: string;
  at: number | null; // ms; null: not known
  length: number | null; // seconds; null: not known
  hard: boolean; // the clock puts it on, whatever is on air then
}

export const outputsOf = (s: Status): Type<"Output">[] => (s.outputs.length > 0 ? s.outputs : [s.output]).filter((o) => o.name !== "");

/** Whether it goes to a server. What is kept or pulled here says nothing of what viewers get there. */
export const sends = (o: Type<"Output">): boolean => o.kind !== "hls" && o.kind !== "record";

/** The outputs that do not send. One that an operator has stopped is no fault while another sends. */
export function troubled(all: readonly Type<"Output">[]): Type<"Output">[] {
  const outputs = all.filter(sends);
  const one = outputs.some((o) => o.state === "publishing");
  return outputs.filter((o) => o.state !== "publishing" && !(one && o.state === "stopped"));
}

/** Whether it goes to one server and not to another. */
export const partly = (outputs: readonly Type<"Output">[]): boolean => troubled(outputs).length > 0 && outputs.some((o) => sends(o) && o.state === "publishing");

/** Whether nothing says that viewers do not get it. */
export const reaches = (s: Status): boolean => troubled(outputsOf(s)).length === 0 && s.arrival.state !== "not-proven";

/**
 * Whether red may say "on air": what was chosen is what airs, nothing says that viewers
 * do not get it, and it is known now. The bar's plate, and every mark, go by this.
 */
export const tallies = (s: Status | null, link: string): boolean =>
  link === "up" && s !== null && s.state === "on-air" && standIn(s) === null && reaches(s);

/** Whether the item on air goes on: while it is replaced or held, its time stands still. */
export const runs = (s: Status): boolean => s.state === "on-air" && !s.held && !s.slated;

/** When the clock takes the item on air off, in ms; null where it does not. */
function cutAt(s: Status): number | null {
  return s.due && !s.held && !s.slated ? Date.parse(s.due.at) : null;
}

/** Seconds that are left of what is on air; null where it has no known end. */
export function left(s: Status, at: number, now: number): number | null {
  if (!s.now) return null;
  const gone = runs(s) ? (now - at) / 1000 : 0;
  const own = s.now.duration_s > 0 ? s.now.duration_s - s.now.position_s - gone : Infinity;
  const cut = cutAt(s);
  const l = Math.min(own, cut === null ? Infinity : (cut - now) / 1000);
  return l === Infinity ? null : Math.max(0, l);
}

/** Whether the clock takes the item on air off before its end. */
export function isCut(s: Status, at: number): boolean {
  const cut = cutAt(s);
  if (!s.now || cut === null) return false;
  return s.now.duration_s <= 0 || cut < at + (s.now.duration_s - s.now.position_s) * 1000 - 100;
}

/** What comes next: what the plan says, unless the clock comes before it. */
export function following(s: Status, at: number): Following | null {
  const n = s.next, d = s.due;
  if (d && isCut(s, at) && d.id !== n?.id) {
    return { id: d.id, playlist: d.playlist, index: d.index, source: d.source, title: d.title, at: Date.parse(d.at), length: null, hard: d.mode === "hard" };
  }
  if (!n) return null;
  const when = n.starts_at ? Date.parse(n.starts_at) : null;
  return { id: n.id, playlist: n.playlist, index: n.index, source: n.source, title: n.title, at: when, length: n.duration_s > 0 ? n.duration_s : null, hard: d?.id === n.id && d.mode === "hard" };
}

const inBar = /^(output-down|slate|filler|operator-.*)$/;

/** What is wrong besides what the status bar says larger. */
export const besides = (alerts: readonly Type<"Alert">[]): Type<"Alert">[] => alerts.filter((a) => !inBar.test(a.code));

/** A source that comes from elsewhere while it airs. */
export const isLive = (source: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(source);

/** The server's name, from what the status calls it. */
export const serverName = (by: string, otherwise: string): string => (by === "antmedia" ? "Ant Media Server" : by || otherwise);

/** Who it was, as people say it: their name, with the way they came where that was not the desk. */
export const person = (by: string, here: string): string => (by === "loopback" || by === "" ? here : by.replace(/ \(desk\)$/, ""));

/** What airs in the place of the item on air, and since when; null while it airs itself. */
export function standIn(s: Status): { kind: "slate" | "filler" | "hold"; by: string; since: number | null } | null {
  if (s.slated) return { kind: "slate", by: s.slated.by, since: Date.parse(s.slated.since) };
  if (s.held) return { kind: "hold", by: s.held.by, since: Date.parse(s.held.since) };
  if (s.state !== "fallback") return null;
  const a = s.alerts.find((x) => x.code === "slate" || x.code === "filler");
  return { kind: a?.code === "slate" ? "slate" : a ? "filler" : "hold", by: "", since: a ? Date.parse(a.since) : null };
}
