// Items of a draft: what they say, and how long they air as far as that follows
// from what is known of their sources. Times are whole milliseconds.

import type { Type } from "../../api/call";

export type Item = Type<"Item">;
export type Document = Type<"Document">;
export type Head = Omit<Document, "items">;

const units: Record<string, number> = { d: 86400e3, h: 3600e3, m: 60e3, s: 1e3, ms: 1 };

/** Milliseconds from "00:01:53.48", "1h30m", "8s" or a number of seconds; null where it is none. */
export function spanOf(v: string | number | undefined): number | null {
  if (v === undefined || v === "") return null;
  if (typeof v === "number") return v >= 0 ? Math.round(v * 1000) : null;
  if (/^\d+(\.\d+)?$/.test(v)) return Math.round(Number(v) * 1000);
  if (/^(\d+:){1,2}\d+(\.\d+)?$/.test(v)) return Math.round(v.split(":").reduce((sum, p) => sum * 60 + Number(p), 0) * 1000);
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(v)) return null;
  let sum = 0;
  for (const [, n, unit] of v.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) sum += Number(n) * units[unit!]!;
  return Math.round(sum);
}

const two = (n: number) => String(n).padStart(2, "0");

/** "00:01:53.48": as the engine writes a place in a source. */
export function clockText(ms: number): string {
  const s = Math.floor(ms / 1000);
  const rest = ms % 1000 === 0 ? "" : `.${String(ms % 1000).padStart(3, "0")}`.replace(/0+$/, "");
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}${rest}`;
}

/** "1h30m", "8s": as the engine writes how long something takes. */
export function spanText(ms: number): string {
  const h = Math.floor(ms / 3600e3), m = Math.floor(ms / 60e3) % 60, s = (ms % 60e3) / 1000;
  return `${h ? `${h}h` : ""}${m ? `${m}m` : ""}${s || (!h && !m) ? `${s}s` : ""}`;
}

export type Kind = "file" | "still" | "live" | "folder" | "playlist";

/** What an item is, by what it names. */
export function kindOf(it: Item): Kind {
  if (it.folder !== undefined) return "folder";
  if (it.playlist !== undefined) return "playlist";
  const source = it.source ?? "";
  if (/^(rtsps?|rtmps?|srt|udp|rtp):\/\//i.test(source)) return "live";
  return /\.(png|jpe?g|webp|bmp|gif|tiff?|tga|jxl|avif|heic)$/i.test(source) ? "still" : "file";
}

/** What an item names: a file's path, a URL, a folder or a playlist. */
export const nameOf = (it: Item): string => it.source ?? it.folder ?? it.playlist ?? "";

/** Its title, or what the engine would make of its source. */
export function titleOf(it: Item): string {
  if (it.title) return it.title;
  // As the engine calls it, here and on air: a file's name, an address without its scheme.
  const name = nameOf(it), scheme = name.indexOf("://");
  if (scheme >= 0) return name.slice(scheme + 3).replace(/\/$/, "");
  return name.slice(name.lastIndexOf("/") + 1) || name;
}

/** How often it airs in a row. */
export const timesOf = (it: Item): number => (typeof it.loop === "number" ? Math.max(1, it.loop) : 1);

export const inOf = (it: Item): number => spanOf(it.in) ?? 0;

/** How long a still without a duration airs. */
export const stillFor = 10_000;

/**
 * How long one airing lasts, in ms, of a source of the given length (null: not
 * known). null where that does not follow: live, folders, playlists.
 */
export function onceOf(it: Item, source: number | null): number | null {
  const kind = kindOf(it);
  if (kind === "folder" || kind === "playlist") return null;
  const from = inOf(it), out = spanOf(it.out), cap = spanOf(it.duration);
  if (kind === "still") return cap ?? stillFor;
  if (it.loop === true && cap !== null) return cap;
  if (kind === "live") return cap;
  const end = out !== null && source !== null ? Math.min(out, source) : (out ?? source);
  const rest = end === null ? null : Math.max(0, end - from);
  if (cap === null) return rest;
  return rest === null ? cap : Math.min(cap, rest);
}

/** The length of the source that an airing of a known length tells of; null where it does not. */
export function sourceLength(it: Item, told: number): number | null {
  if (kindOf(it) !== "file" || it.out !== undefined || it.duration !== undefined || it.loop === true) return null;
  return inOf(it) + Math.round(told / timesOf(it));
}

/** The item as text: the same for items that say the same, whatever the order of their keys. */
export function sameText(it: Item): string {
  const keys = (Object.keys(it) as (keyof Item)[]).filter((k) => it[k] !== undefined).sort();
  return JSON.stringify(keys.map((k) => {
    const v = it[k];
    if (k === "in" || k === "out" || k === "duration") return [k, spanOf(v as string | number) ?? v];
    return [k, k === "audio" ? String(v) : v];
  }));
}

/** The item with some fields changed; undefined takes a field away. */
export function withFields(it: Item, patch: Partial<Item>): Item {
  const next: Record<string, unknown> = { ...it, ...patch };
  for (const k of Object.keys(next)) if (next[k] === undefined) delete next[k];
  return next as Item;
}
