// A draft: a playlist while it is edited. Drafts never change; every edit gives a
// new one that shares what stayed, so that undo costs nothing and what is on show
// can be compared by identity. Rows keep their key through every edit.

import { sameText, titleOf, withFields, type Document, type Head, type Item } from "./item";

export interface Row { readonly key: number; readonly item: Item }
export interface Draft { readonly head: Head; readonly rows: readonly Row[] }

let lastKey = 0;
export const newRow = (item: Item): Row => ({ key: ++lastKey, item });

export function draftOf(doc: Document): Draft {
  const { items, ...head } = doc;
  return { head, rows: items.map(newRow) };
}

export const documentOf = (d: Draft): Document => ({ ...d.head, items: d.rows.map((r) => r.item) });

const within = (n: number, least: number, most: number) => Math.min(most, Math.max(least, n));

/** Puts items before the row at a place; the keys of the new rows are in the result's rows. */
export function insert(d: Draft, at: number, items: readonly Item[]): Draft {
  if (items.length === 0) return d;
  const to = within(at, 0, d.rows.length);
  return { ...d, rows: [...d.rows.slice(0, to), ...items.map(newRow), ...d.rows.slice(to)] };
}

export function remove(d: Draft, keys: ReadonlySet<number>): Draft {
  const rows = d.rows.filter((r) => !keys.has(r.key));
  return rows.length === d.rows.length ? d : { ...d, rows };
}

/**
 * Moves rows, in their order, to before what stands at a place now; rows.length is
 * the end. The same draft where nothing would move.
 */
export function move(d: Draft, keys: ReadonlySet<number>, to: number): Draft {
  const at = within(to, 0, d.rows.length);
  const moved = d.rows.filter((r) => keys.has(r.key));
  const before = d.rows.slice(0, at).filter((r) => !keys.has(r.key));
  const after = d.rows.slice(at).filter((r) => !keys.has(r.key));
  const rows = [...before, ...moved, ...after];
  return rows.every((r, i) => r === d.rows[i]) ? d : { ...d, rows };
}

/** Moves rows up or down by one, together; they close up to the first, and stop at the ends. */
export function nudge(d: Draft, keys: ReadonlySet<number>, by: -1 | 1): Draft {
  const places = d.rows.flatMap((r, i) => (keys.has(r.key) ? [i] : []));
  if (places.length === 0) return d;
  const first = places[0]!, last = places[places.length - 1]!;
  return move(d, keys, by < 0 ? first - 1 : last + 2);
}

export function change(d: Draft, keys: ReadonlySet<number>, patch: Partial<Item>): Draft {
  let changed = false;
  const rows = d.rows.map((r) => {
    if (!keys.has(r.key)) return r;
    const item = withFields(r.item, patch);
    if (sameText(item) === sameText(r.item)) return r;
    changed = true;
    return { key: r.key, item };
  });
  return changed ? { ...d, rows } : d;
}

export function setHead(d: Draft, patch: Partial<Head>): Draft {
  const head: Record<string, unknown> = { ...d.head, ...patch };
  for (const k of Object.keys(head)) if (head[k] === undefined) delete head[k];
  return JSON.stringify(head) === JSON.stringify(d.head) ? d : { ...d, head: head as Head };
}

/** Do two drafts say the same? */
export function same(a: Draft, b: Draft): boolean {
  if (a === b) return true;
  if (a.rows.length !== b.rows.length || headText(a.head) !== headText(b.head)) return false;
  return a.rows.every((r, i) => {
    const other = b.rows[i]!;
    return r.item === other.item || sameText(r.item) === sameText(other.item);
  });
}

/** The head as text: without what only repeats a default. */
export function headText(h: Head): string {
  const { loop, ...rest } = h;
  const sorted = (v: unknown): unknown =>
    v !== null && typeof v === "object" ? Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined).sort(([x], [y]) => (x < y ? -1 : 1)).map(([k, x]) => [k, sorted(x)])) : v;
  return JSON.stringify([loop ?? h.schedule === undefined, sorted(rest)]);
}

/** Does the playlist begin again at its end? */
export const loops = (h: Head): boolean => h.loop ?? h.schedule === undefined;

/** The rows that say something else than in another draft, or are not in it. */
export function changedRows(d: Draft, base: Draft): Set<number> {
  const was = new Map(base.rows.map((r) => [r.key, r.item]));
  const keys = new Set<number>();
  for (const r of d.rows) {
    const item = was.get(r.key);
    if (item === r.item) continue;
    if (item === undefined || sameText(item) !== sameText(r.item)) keys.add(r.key);
  }
  return keys;
}

/** What one can search for in a row. */
export const textOf = (r: Row): string => `${titleOf(r.item)} ${r.item.source ?? r.item.folder ?? r.item.playlist ?? ""}`.toLowerCase();
