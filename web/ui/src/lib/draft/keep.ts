// Drafts outlive the page: each unsaved one is kept in this browser until it is saved
// or dropped, so that a reload, a crash or a restart of the engine loses nothing.

import type { Document } from "./item";

export interface Kept {
  /** Whose it is, and of which tab: two tabs keep apart. */
  id: string;
  name: string; // the playlist's
  who: string;
  base: string; // the version it began from; "": a new one
  was: Document | null; // the document it began from
  document: Document | null; // the draft
  text: string | null; // the draft where it is edited as text
  at: number; // ms
}

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  return (opened ??= new Promise<IDBDatabase>((yes, no) => {
    const r = indexedDB.open("airloom", 1);
    r.onupgradeneeded = () => r.result.createObjectStore("drafts", { keyPath: "id" });
    r.onsuccess = () => yes(r.result);
    r.onerror = () => no(r.error ?? new Error("drafts"));
  }).catch((e: unknown) => { opened = null; throw e; }));
}

const done = <T>(r: IDBRequest<T>): Promise<T> => new Promise((yes, no) => { r.onsuccess = () => yes(r.result); r.onerror = () => no(r.error ?? new Error("drafts")); });

/** Keeps a draft; false where this browser does not let it. A page that goes ends what is not committed. */
export async function keep(k: Kept): Promise<boolean> {
  try {
    const t = (await open()).transaction("drafts", "readwrite");
    const put = t.objectStore("drafts").put(k);
    t.commit();
    await done(put);
    return true;
  } catch { return false; }
}

export async function drop(id: string): Promise<void> {
  try { await done((await open()).transaction("drafts", "readwrite").objectStore("drafts").delete(id)); } catch { /* none was kept */ }
}

/** All that somebody has kept, the latest first. */
export async function kept(who: string): Promise<Kept[]> {
  try {
    const all = await done((await open()).transaction("drafts").objectStore("drafts").getAll() as IDBRequest<Kept[]>);
    return all.filter((k) => k.who === who).sort((a, b) => b.at - a.at);
  } catch { return []; }
}
