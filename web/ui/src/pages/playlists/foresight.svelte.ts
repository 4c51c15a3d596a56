// What the engine says a draft would do: when its rows air, what saving would change,
// and what is wrong with it. Asked a moment after each edit; while it has not
// answered, lengths alone tell the times.

import { ask, get, part, Problem, type Type } from "../../api/call";
import { live } from "../../api/live.svelte";
import { session } from "../../api/session.svelte";
import { documentOf, type Draft, type Row } from "../../lib/draft/draft";
import type { Item } from "../../lib/draft/item";
import { awayOf, type Air, type Times } from "../../lib/draft/walk";
import { known } from "./known.svelte";

type Effects = Type<"Effects">;
type Problems = readonly Type<"PlaylistProblem">[];

export interface Airing { item: Item; at: number; end: number | null; cut: boolean; kind: string | null; length: number | null }

/** The engine's last word, and the draft that it was about. */
export interface Word {
  draft: Draft;
  rows: ReadonlyMap<number, Airing>;
  effects: Effects | null; // null: only the plan is known
}

/** The ids of playlists' items in the rundown's: of one that stands for another playlist's items, both. */
export const idsIn = (id: string): string[] => id.split("/");

/** The times as the engine said them, where it was about this draft; null where not. */
export function foreseen(word: Word | null, draft: Draft): Times | null {
  if (word?.draft !== draft) return null;
  const starts = new Float64Array(draft.rows.length);
  draft.rows.forEach((r, i) => { starts[i] = word.rows.get(r.key)?.at ?? NaN; });
  return { starts, end: NaN };
}

/** Where the walk begins, from the engine's last word: at what airs first of what is still there. */
export function airOf(word: Word | null, places: ReadonlyMap<number, number>, loops: boolean): Air | null {
  if (!word) return null;
  const airs = word.draft.rows.flatMap((r) => { const a = word.rows.get(r.key); return a ? [{ key: r.key, ...a }] : []; });
  airs.sort((a, b) => a.at - b.at);
  const first = airs.find((a) => places.has(a.key));
  if (!first || !airs[0]) return null;
  const away = awayOf(airs.map((a) => ({ at: a.at, end: a.end ?? Infinity, length: a.length })));
  // Where the engine does not say when a row airs, lengths do not either.
  const silent = airs.length < word.draft.rows.length && word.draft.rows.some((r) => !word.rows.has(r.key) && known.of(r.item)?.plays);
  const until = silent ? Math.max(...airs.slice(-200).map((a) => a.end ?? a.at)) : Infinity;
  return { from: places.get(first.key)!, at: airs[0].at, loops, away, until };
}

export class Foresight {
  word = $state.raw<Word | null>(null);
  waiting = $state(false); // an answer about the draft is on its way
  fault = $state("");
  #timer = 0;
  #ask: AbortController | null = null;
  #last = 0;
  #shown = false;
  #due = false; // it is to be asked once the draft is shown

  constructor(readonly name: string, readonly draft: () => Draft, readonly problems: (list: Problems, rows: readonly Row[]) => void) {}

  /** Asks after a pause; a long playlist's is longer. */
  soon(after = 400): void {
    if (!this.#shown) { this.#due = true; return; }
    window.clearTimeout(this.#timer);
    const rows = this.draft().rows.length;
    this.waiting = true;
    const rest = this.#last + Math.min(5000, rows) - Date.now();
    this.#timer = window.setTimeout(() => void this.#go(), Math.max(after, rest));
  }

  /** The plan has changed by itself: ask again, but not too often. */
  later(): void { if (!this.waiting) this.soon(1500); }

  /** Only a draft that is looked at is asked about: the engine has the air to look after. */
  show(shown: boolean): void {
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (shown) {
      if (this.#due) this.soon(0);
      this.#due = false;
      return;
    }
    this.#due = true; // the plan goes on meanwhile
    window.clearTimeout(this.#timer);
    this.#ask?.abort();
    this.waiting = false;
  }

  async #go(): Promise<void> {
    this.#ask?.abort();
    const ours = (this.#ask = new AbortController());
    const draft = this.draft();
    this.#last = Date.now();
    try {
      this.word = session.may("operator") ? await this.#effects(draft, ours.signal) : await this.#plan(draft, ours.signal);
      this.fault = "";
    } catch (e) {
      if (ours.signal.aborted) return;
      this.fault = e instanceof Problem ? e.message || "away" : String(e);
    }
    if (this.#ask === ours) this.waiting = this.draft() !== draft;
  }

  async #effects(draft: Draft, signal: AbortSignal): Promise<Word> {
    const began = performance.now();
    let data: Effects;
    try {
      data = (await ask<Effects>("POST", `/playlists/${part(this.name)}/effects`, { body: documentOf(draft), signal, within: 30000 })).data;
    } catch (e) {
      if (e instanceof Problem && e.status === 404) return await this.#plan(draft, signal);
      throw e;
    }
    this.#last = Date.now() + Math.min(10000, performance.now() - began); // who answers slowly is asked less often
    this.problems(data.problems, draft.rows);
    known.tell(draft.rows.map((r) => r.item), data.items);
    const rows = new Map<number, Airing>();
    for (const it of data.items) {
      const r = draft.rows[it.index];
      if (r && it.starts_at) rows.set(r.key, { item: r.item, at: Date.parse(it.starts_at), end: it.ends_at ? Date.parse(it.ends_at) : null, cut: it.cut, kind: it.kind, length: it.length_s === null ? null : Math.round(it.length_s * 1000) });
    }
    return { draft, rows, effects: data };
  }

  /** Who may not ask what a draft would do sees when things air as they are. */
  async #plan(draft: Draft, signal: AbortSignal): Promise<Word> {
    const plan = await get<Type<"Slot">[]>("/schedule", { for: "24h" }, signal);
    const rows = new Map<number, Airing>();
    const byID = new Map(draft.rows.map((r) => [known.of(r.item)?.id ?? "", r]));
    for (const e of plan) {
      const r = idsIn(e.id).map((id) => byID.get(id)).find(Boolean);
      if (r && !rows.has(r.key)) rows.set(r.key, { item: r.item, at: Date.parse(e.start), end: e.end ? Date.parse(e.end) : null, cut: e.cut, kind: e.mode, length: known.length(r.item) });
    }
    const now = live.status?.now;
    const first = now && idsIn(now.id).map((id) => byID.get(id)).find(Boolean);
    const at = first ? rows.get(first.key) : undefined;
    if (now && at) at.at = Date.parse(now.started_at);
    return { draft, rows, effects: null };
  }
}
