// Which row is at hand, and which are chosen.

import type { Row } from "../../lib/draft/draft";

export class Listing {
  cursor = $state<number | null>(null);
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  #anchor: number | null = null;

  constructor(readonly rows: () => readonly Row[], readonly places: () => ReadonlyMap<number, number>) {}

  /** The place of the row at hand; -1: none. */
  get place(): number { return this.cursor === null ? -1 : (this.places().get(this.cursor) ?? -1); }

  /** What an action is about: what is chosen, or else the row at hand. */
  get meant(): ReadonlySet<number> {
    if (this.chosen.size > 0) return this.chosen;
    return this.cursor === null ? new Set() : new Set([this.cursor]);
  }

  /** Goes to a row; extending chooses all from where it began. */
  go(place: number, extend = false): void {
    const rows = this.rows();
    if (rows.length === 0) return;
    const at = Math.min(rows.length - 1, Math.max(0, place));
    const key = rows[at]!.key;
    if (extend) {
      this.#anchor ??= this.cursor ?? key;
      const from = this.places().get(this.#anchor) ?? at;
      this.chosen = new Set(rows.slice(Math.min(from, at), Math.max(from, at) + 1).map((r) => r.key));
    } else this.#anchor = key;
    this.cursor = key;
  }

  /** A click: plain takes the row at hand, Ctrl adds or takes away, Shift chooses all between. */
  click(key: number, e: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): void {
    const place = this.places().get(key) ?? 0;
    if (e.shiftKey) { this.go(place, true); return; }
    if (e.ctrlKey || e.metaKey) { this.toggle(key); this.cursor = key; return; }
    this.chosen = new Set();
    this.go(place);
  }

  toggle(key: number): void {
    const next = new Set(this.chosen);
    if (!next.delete(key)) next.add(key);
    this.chosen = next;
    this.#anchor = key;
  }

  all(): void { this.chosen = new Set(this.rows().map((r) => r.key)); }
  clear(): void { this.chosen = new Set(); }

  /** Chooses these, such as those that have just come. */
  choose(keys: readonly number[]): void {
    this.chosen = keys.length > 1 ? new Set(keys) : new Set();
    this.cursor = keys[0] ?? this.cursor;
    this.#anchor = this.cursor;
  }

  /** Rows have gone: what is not there any more is not chosen; the cursor goes to what took its place. */
  mend(was: number): void {
    const places = this.places();
    if ([...this.chosen].some((k) => !places.has(k))) this.chosen = new Set([...this.chosen].filter((k) => places.has(k)));
    if (this.cursor !== null && !places.has(this.cursor)) { this.cursor = null; this.go(was); }
  }
}
