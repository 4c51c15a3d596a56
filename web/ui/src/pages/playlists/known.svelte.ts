// What is known of items and of their sources: lengths, and why one does not play.
// Items never change, so what the engine said of one stays with it.

import { mediaFile, type MediaFile } from "../../api/media";
import { kindOf, onceOf, sourceLength, timesOf, type Item } from "../../lib/draft/item";
import type { Row } from "../../lib/draft/draft";

export interface Told { id: string; length: number | null; plays: boolean; why: string } // length in ms, of all airings in a row

const told = new WeakMap<Item, Told>();
const sources = new Map<string, number>(); // length in ms
const files = new Map<string, MediaFile | null>();

class Known {
  /** Grows with what is known: read it to follow. */
  version = $state(0);

  tell(items: readonly Item[], said: readonly { id: string; length_s: number | null; plays: boolean; why: string }[]): void {
    items.forEach((it, i) => {
      const s = said[i];
      if (!s) return;
      const length = s.length_s === null ? null : Math.round(s.length_s * 1000);
      told.set(it, { id: s.id, length, plays: s.plays, why: s.why });
      const whole = length === null ? null : sourceLength(it, length);
      if (whole !== null && it.source) sources.set(it.source, whole);
    });
    this.version++;
  }

  of(it: Item): Told | undefined { return told.get(it); }

  /** How long the item airs, all its airings together, in ms; null: not known; 0: it does not play. */
  length(it: Item): number | null {
    const t = told.get(it);
    if (t && !t.plays) return 0;
    if (t && t.length !== null) return t.length;
    const once = onceOf(it, it.source ? (sources.get(it.source) ?? null) : null);
    return once === null ? null : once * timesOf(it);
  }

  /** How long its source is, in ms; null: not known. */
  source(path: string): number | null {
    const f = files.get(path);
    return f?.length_s ? Math.round(f.length_s * 1000) : (sources.get(path) ?? null);
  }

  file(path: string): MediaFile | null { return files.get(path) ?? null; }

  learn(list: readonly MediaFile[]): void {
    for (const f of list) {
      files.set(f.path, f);
      if (f.length_s) sources.set(f.path, Math.round(f.length_s * 1000));
    }
    this.version++;
  }

  /** Asks what a file is, unless that is known. */
  async ask(path: string, anew = false): Promise<MediaFile | null> {
    const f = files.get(path);
    if (f && !anew && f.state !== "checking" && f.state !== "unknown") return f;
    try {
      const got = await mediaFile(path);
      this.learn([got]);
      return got;
    } catch { return f ?? null; }
  }
}

export const known = new Known();

/** A row's length, as the walk wants it. */
export const lengthOf = (r: Row): number | null => known.length(r.item);

/** Files that can be trimmed have a beginning and an end. */
export const trimmable = (it: Item): boolean => kindOf(it) === "file" && !(it.source ?? "").includes("://");
