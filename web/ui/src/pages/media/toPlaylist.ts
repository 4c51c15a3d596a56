// Files put into a playlist: at its end, or right after the item on air.

import { ask, away, part, post, Problem, type Type } from "../../api/call";

type Document = Type<"Document">;
type Shown = Type<"Shown">;

/** The document with the files as items at a place. */
export function inserted(d: Document, paths: readonly string[], at: number): Document {
  const items = [...d.items];
  items.splice(Math.max(0, Math.min(at, items.length)), 0, ...paths.map((source) => ({ source })));
  return { ...d, items };
}

export interface Opened { name: string; tag: string; version: string; document: Document }

/** Reads a playlist to change it; null where it has errors. */
export async function openPlaylist(name: string, signal?: AbortSignal): Promise<Opened | null> {
  const r = await ask<Shown>("GET", `/playlists/${part(name)}`, { signal });
  return r.data.document ? { name, tag: r.headers.get("ETag") ?? "*", version: r.data.version, document: r.data.document } : null;
}

/** When the item at a place would air first, were the document saved. */
export async function foreseen(o: Opened, paths: readonly string[], at: number, signal: AbortSignal): Promise<Type<"DraftItem"> | undefined> {
  const r = await ask<Type<"Effects">>("POST", `/playlists/${part(o.name)}/effects`, { body: inserted(o.document, paths, at), signal });
  return r.data.items.find((i) => i.index === Math.min(at, o.document.items.length));
}

/** Where files went, and the version of the playlist that has them. */
export interface Placed { at: number; version: string }

/**
 * Puts files into a playlist, once, however often it is tried: a save that nobody
 * answered may have arrived, so that the next try looks first. Somebody else's change
 * in between is no hindrance at the end of a list: the files go to the end of theirs.
 */
export class Insertion {
  placed: Placed | null = null;
  doubtful = false; // it was sent, and nothing was answered
  #sent = false; // so it was once

  constructor(private o: Opened, readonly paths: readonly string[], private at: number) {}

  async run(): Promise<Placed> {
    const atEnd = this.at >= this.o.document.items.length;
    for (let tries = 0; !this.placed; tries++) {
      if (this.#sent && await this.#arrived(atEnd)) break;
      try {
        const r = await ask<Shown>("PUT", `/playlists/${part(this.o.name)}`, { body: inserted(this.o.document, this.paths, this.at), headers: { "If-Match": this.o.tag } });
        this.placed = { at: Math.min(this.at, this.o.document.items.length), version: r.data.version };
      } catch (e) {
        this.doubtful = away(e);
        this.#sent ||= this.doubtful;
        if (!(e instanceof Problem) || e.status !== 412 || !atEnd || tries === 3) throw e;
        if (this.#sent) continue;
        const fresh = await openPlaylist(this.o.name);
        if (!fresh) throw e;
        this.#over(fresh);
      }
    }
    this.doubtful = false;
    return this.placed!;
  }

  /** Looks whether what was sent is there. */
  async #arrived(atEnd: boolean): Promise<boolean> {
    const now = await openPlaylist(this.o.name);
    if (!now || now.tag === this.o.tag) return false;
    const { items } = now.document;
    if (items.length >= this.o.document.items.length + this.paths.length && this.paths.every((p, i) => items[this.at + i]?.source === p)) {
      this.placed = { at: this.at, version: now.version };
      return true;
    }
    if (atEnd) this.#over(now);
    return false;
  }

  #over(fresh: Opened): void {
    this.o = fresh;
    this.at = fresh.document.items.length;
  }
}

/** Lets the first of the files air next; where the playlist was saved since, only if it is at its place still. */
export async function playNext(name: string, path: string, placed: Placed): Promise<void> {
  const now = await openPlaylist(name);
  const version = now?.document.items[placed.at]?.source === path ? now.version : placed.version;
  await post("/commands/take", { playlist: name, index: placed.at, version, next: true });
}
