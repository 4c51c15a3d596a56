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

// A page that goes takes what its database has not committed with it. So each draft
// first lies where writing it is done when the call is, until the database has it.
const bridge = "airloom.draft.";

function lay(k: Kept): void {
  try { localStorage.setItem(bridge + k.id, JSON.stringify(k)); } catch { /* too large, or not allowed: the database alone */ }
}

function lift(id: string, at = Infinity): void {
  try {
    const text = localStorage.getItem(bridge + id);
    if (text !== null && (JSON.parse(text) as Kept).at <= at) localStorage.removeItem(bridge + id);
  } catch { /* nothing lies there */ }
}

/** The drafts that an earlier page could not bring into the database any more. */
function laid(): Kept[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(bridge)).map((key) => JSON.parse(localStorage.getItem(key)!) as Kept);
  } catch { return []; }
}

/** Keeps a draft; false where this browser does not let it. */
export async function keep(k: Kept): Promise<boolean> {
  lay(k);
  try {
    const t = (await open()).transaction("drafts", "readwrite");
    const put = t.objectStore("drafts").put(k);
    t.commit();
    await done(put);
    lift(k.id, k.at);
    return true;
  } catch { return false; }
}

export async function drop(id: string): Promise<void> {
  lift(id);
  try { await done((await open()).transaction("drafts", "readwrite").objectStore("drafts").delete(id)); } catch { /* none was kept */ }
}

/** All that somebody has kept, the latest first. */
export async function kept(who: string): Promise<Kept[]> {
  try {
    const left = laid();
    const all = (await done((await open()).transaction("drafts").objectStore("drafts").getAll() as IDBRequest<Kept[]>))
      .filter((k) => !left.some((l) => l.id === k.id && l.at >= k.at));
    all.push(...left.filter((l) => !all.some((k) => k.id === l.id)));
    return all.filter((k) => k.who === who).sort((a, b) => b.at - a.at);
  } catch { return []; }
}
