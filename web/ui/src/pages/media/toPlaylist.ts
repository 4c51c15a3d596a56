// Files put into a playlist: at its end, or right after the item on air.

import { ask, part, Problem, type Type } from "../../api/call";

type Document = Type<"Document">;
type Shown = Type<"Shown">;

/** The document with the files as items at a place. */
export function inserted(d: Document, paths: readonly string[], at: number): Document {
  const items = [...d.items];
  items.splice(Math.max(0, Math.min(at, items.length)), 0, ...paths.map((source) => ({ source })));
  return { ...d, items };
}

export interface Opened { name: string; tag: string; document: Document }

/** Reads a playlist to change it; null where it has errors. */
export async function openPlaylist(name: string, signal?: AbortSignal): Promise<Opened | null> {
  const r = await ask<Shown>("GET", `/playlists/${part(name)}`, { signal });
  return r.data.document ? { name, tag: r.headers.get("ETag") ?? "*", document: r.data.document } : null;
}

/** When the item at a place would air first, were the document saved. */
export async function foreseen(o: Opened, paths: readonly string[], at: number, signal: AbortSignal): Promise<Type<"DraftItem"> | undefined> {
  const r = await ask<Type<"Effects">>("POST", `/playlists/${part(o.name)}/effects`, { body: inserted(o.document, paths, at), signal });
  return r.data.items.find((i) => i.index === Math.min(at, o.document.items.length));
}

/**
 * Saves it. Somebody else's change in between is no hindrance at the end of a list:
 * the files are put to the end of theirs. Answers with the place and the version.
 */
export async function insert(o: Opened, paths: readonly string[], at: number): Promise<{ at: number; version: string }> {
  for (let tries = 0; ; tries++) {
    const atEnd = at >= o.document.items.length;
    try {
      const r = await ask<Shown>("PUT", `/playlists/${part(o.name)}`, { body: inserted(o.document, paths, at), headers: { "If-Match": o.tag } });
      return { at: Math.min(at, o.document.items.length), version: r.data.version };
    } catch (e) {
      if (!(e instanceof Problem) || e.status !== 412 || !atEnd || tries === 3) throw e;
      const fresh = await openPlaylist(o.name);
      if (!fresh) throw e;
      o = fresh;
      at = o.document.items.length;
    }
  }
}
