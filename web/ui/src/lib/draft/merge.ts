// Two people's edits of one playlist, put together row by row: what only one of them
// changed is taken; what both changed differently is a clash, to be chosen.

import { headText, newRow, setHead, type Draft, type Row } from "./draft";
import { nameOf, sameText, type Document, type Head, type Item } from "./item";

/** A document's rows with the keys of another draft where they are the same: unchanged, moved, or changed in place. */
export function aligned(base: Draft, doc: Document): Draft {
  const { items, ...head } = doc;
  const left = new Map<string, Row[]>(); // by what they say
  for (const r of base.rows) push(left, sameText(r.item), r);
  const found: (Row | undefined)[] = items.map((item) => left.get(sameText(item))?.shift());
  const bySource = new Map<string, Row[]>(); // what is left, by what it plays
  for (const rows of left.values()) for (const r of rows) push(bySource, nameOf(r.item), r);
  for (const rows of bySource.values()) rows.sort((a, b) => a.key - b.key);
  const rows = items.map((item, i): Row => {
    const equal = found[i];
    if (equal) return equal;
    const changed = bySource.get(nameOf(item))?.shift();
    return changed ? { key: changed.key, item } : newRow(item);
  });
  return { head, rows };
}

function push<K, V>(m: Map<K, V[]>, k: K, v: V): void {
  const list = m.get(k);
  if (list) list.push(v); else m.set(k, [v]);
}

/** What both have changed, differently. null: it is gone there. */
export interface Clash { key: number; base: Item; mine: Item | null; theirs: Item | null }
export type Side = "mine" | "theirs";

export interface Merged {
  draft: Draft;
  clashes: Clash[];
  /** The head's fields that both have changed, differently. */
  heads: (keyof Head)[];
}

/** Puts two edits of the same base together. Clashes go to the chosen side, or else to mine; what one changed is kept over the other's removal. */
export function merge(base: Draft, mine: Draft, theirs: Draft, chosen: ReadonlyMap<number, Side> = new Map(), heads: Side = "mine"): Merged {
  const was = byKey(base), my = byKey(mine), their = byKey(theirs);
  const clashes: Clash[] = [];
  const result = new Map<number, Row>();
  const take = (key: number, item: Item | null) => { if (item) result.set(key, { key, item }); };

  for (const [key, b] of was) {
    const m = my.get(key) ?? null, t = their.get(key) ?? null;
    const iDid = !equal(m, b), theyDid = !equal(t, b);
    if (!iDid) take(key, t);
    else if (!theyDid || equal(m, t)) take(key, m);
    else {
      clashes.push({ key, base: b, mine: m, theirs: t });
      const side = chosen.get(key) ?? (m === null ? "theirs" : "mine");
      take(key, side === "mine" ? m : t);
    }
  }
  for (const d of [mine, theirs]) for (const r of d.rows) if (!was.has(r.key)) result.set(r.key, r);

  const order = ordered(base, mine, theirs, result);
  const h = mergedHead(base.head, mine.head, theirs.head, heads);
  return { draft: { head: h.head, rows: order.map((k) => result.get(k)!) }, clashes, heads: h.clashes };
}

const byKey = (d: Draft): Map<number, Item> => new Map(d.rows.map((r) => [r.key, r.item]));
const equal = (a: Item | null, b: Item | null): boolean => a === b || (a !== null && b !== null && sameText(a) === sameText(b));

/** The order of the one who changed it; of both, mine. What the other has besides stands after what it stood after there. */
function ordered(base: Draft, mine: Draft, theirs: Draft, result: ReadonlyMap<number, Row>): number[] {
  const keys = (d: Draft) => d.rows.map((r) => r.key).filter((k) => result.has(k));
  const common = new Set(base.rows.map((r) => r.key));
  const m = keys(mine), t = keys(theirs), b = keys(base);
  const inBoth = (list: number[]) => list.filter((k) => common.has(k));
  const moved = (list: number[]) => { const set = new Set(list); return inBoth(list).join() !== b.filter((k) => set.has(k)).join(); };
  const [main, other] = !moved(m) && moved(t) ? [t, m] : [m, t];
  return woven(woven(main, other), b);
}

function woven(main: number[], other: number[]): number[] {
  const there = new Set(main);
  const after = new Map<number, number[]>(); // what follows a key; 0: the beginning
  let before = 0;
  for (const k of other) {
    if (!there.has(k)) push(after, before, k);
    else before = k;
  }
  const order = [...(after.get(0) ?? [])];
  for (const k of main) order.push(k, ...(after.get(k) ?? []));
  return order;
}

function mergedHead(base: Head, mine: Head, theirs: Head, side: Side): { head: Head; clashes: (keyof Head)[] } {
  const clashes: (keyof Head)[] = [];
  let head: Draft = { head: base, rows: [] };
  for (const k of ["name", "loop", "schedule"] as const) {
    const text = (h: Head) => headText({ [k]: h[k] });
    const iDid = text(mine) !== text(base), theyDid = text(theirs) !== text(base);
    const clash = iDid && theyDid && text(mine) !== text(theirs);
    if (clash) clashes.push(k);
    const from = clash ? side : iDid ? "mine" : "theirs";
    head = setHead(head, { [k]: (from === "mine" ? mine : theirs)[k] });
  }
  return { head: head.head, clashes };
}

/** A row of two versions side by side. */
export interface Beside { key: number; mine: Item | null; theirs: Item | null; what: "same" | "added" | "removed" | "changed" | "moved" }

/** Mine and theirs side by side, in my order; what only they have stands where they have it. */
export function beside(mine: Draft, theirs: Draft): Beside[] {
  const my = byKey(mine), their = byKey(theirs);
  const m = mine.rows.map((r) => r.key), t = theirs.rows.map((r) => r.key);
  const stays = rising(t.filter((k) => my.has(k)), new Map(m.map((k, i) => [k, i])));
  return woven(m, t).map((key) => {
    const a = my.get(key) ?? null, b = their.get(key) ?? null;
    const what = a === null ? "removed" : b === null ? "added" : !equal(a, b) ? "changed" : stays.has(key) ? "same" : "moved";
    return { key, mine: a, theirs: b, what };
  });
}

/** The most keys whose places rise: what did not move. */
function rising(list: readonly number[], place: ReadonlyMap<number, number>): Set<number> {
  const ends: number[] = []; // the last of the best run of each length, as an index in list
  const before = new Array<number>(list.length).fill(-1);
  list.forEach((k, i) => {
    const p = place.get(k)!;
    let low = 0, high = ends.length;
    while (low < high) { const mid = (low + high) >> 1; if (place.get(list[ends[mid]!]!)! < p) low = mid + 1; else high = mid; }
    if (low > 0) before[i] = ends[low - 1]!;
    ends[low] = i;
  });
  const stay = new Set<number>();
  for (let i = ends[ends.length - 1] ?? -1; i >= 0; i = before[i]!) stay.add(list[i]!);
  return stay;
}
