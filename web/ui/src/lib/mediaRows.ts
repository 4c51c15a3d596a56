// How folders and files are laid out in rows, whose heights are known beforehand so
// that only the rows in sight need to be there.

import type { MediaFile, MediaFolder } from "../api/media";

export type View = "grid" | "list";
export type Row =
  | { kind: "folders"; folders: MediaFolder[] }
  | { kind: "files"; files: MediaFile[]; first: number } // first: the place of the first in the whole list
  | { kind: "more" };

export interface Space { width: number; view: View; tile: number; gap: number; touch: boolean }

/** How many tiles lie side by side. */
export const columns = (s: Space): number => Math.max(1, Math.floor((s.width + s.gap) / (s.tile + s.gap)));

export function rows(folders: readonly MediaFolder[], files: readonly MediaFile[], more: boolean, s: Space): Row[] {
  const across = columns(s);
  const made: Row[] = [];
  for (let i = 0; i < folders.length; i += across) made.push({ kind: "folders", folders: folders.slice(i, i + across) });
  const step = s.view === "grid" ? across : 1;
  for (let i = 0; i < files.length; i += step) made.push({ kind: "files", files: files.slice(i, i + step), first: i });
  if (more) made.push({ kind: "more" });
  return made;
}

export const tileWidth = (s: Space): number => (s.width - (columns(s) - 1) * s.gap) / columns(s);

/** A list wider than this tells more of each file, in px. */
export const wide = 676;

/** A row's height in px. */
export function height(r: Row, s: Space): number {
  if (r.kind === "more") return 44;
  if (r.kind === "folders") return (s.touch ? 44 : 36) + 8;
  if (s.view === "grid") return Math.round((tileWidth(s) * 9) / 16) + 56;
  const problem = r.files[0]!.problem;
  return problem ? 48 + 18 * lines(problem, s.width - (s.width > wide ? 140 : 64)) : 48; // some room for words that do not fit
}

/** About how many lines a sentence takes in small letters; Chinese ones are twice as wide. */
export function lines(text: string, width: number): number {
  let px = 24; // the icon, and what is left over at line ends
  for (const c of text) px += c > "\u2e7f" ? 13 : 7.2;
  return Math.max(1, Math.ceil(px / Math.max(120, width)));
}

/** Where an arrow key leads from a file; the same place where there is none. */
export function step(key: string, from: number, count: number, across: number): number {
  const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -across * 4, PageDown: across * 4, Home: -count, End: count };
  const to = from + (by[key] ?? 0);
  if (key === "Home" || key === "End" || key.startsWith("Page")) return Math.max(0, Math.min(count - 1, to));
  return to >= 0 && to < count ? to : key === "ArrowDown" ? count - 1 : from;
}

/** The paths from one file to another, both with it. */
export function between(files: readonly MediaFile[], a: number, b: number): string[] {
  return files.slice(Math.max(0, Math.min(a, b)), Math.max(a, b) + 1).map((f) => f.path);
}
