// One playlist being edited: the draft, what it began from, what the engine says of
// it, and what others did to it meanwhile. It outlives the page that shows it.

import { ask, away, get, part, Problem, type Type } from "../../api/call";
import { live } from "../../api/live.svelte";
import { session } from "../../api/session.svelte";
import { changedRows, documentOf, draftOf, loops, same, type Draft, type Row } from "../../lib/draft/draft";
import { begin, redo, step, undo, type History } from "../../lib/draft/history";
import type { Document } from "../../lib/draft/item";
import { drop, keep, type Kept } from "../../lib/draft/keep";
import { aligned } from "../../lib/draft/merge";
import { total, walk, type Air, type Times } from "../../lib/draft/walk";
import { airOf, Foresight, foreseen, type Airing } from "./foresight.svelte";
import { known, lengthOf } from "./known.svelte";

type Shown = Type<"Shown">;
export type PlaylistProblem = Type<"PlaylistProblem">;

/** What somebody else, or a hand on disk, has made of the playlist meanwhile. */
export interface Elsewhere {
  version: string; // "": it was removed
  document: Document | null; // null: it has errors, or is gone
  by: string; // "": not known, as when it was changed on disk
  at: number; // ms; 0: not known
  saving: boolean; // it came up while saving
}

const nothing: Draft = { head: {}, rows: [] };
const none: ReadonlySet<number> = new Set();

export class Editor {
  readonly name: string;
  state = $state<"reading" | "ready" | "missing" | "failed">("reading");
  fault = $state(""); // why it could not be read
  base = $state.raw<Draft>(nothing); // what it began from
  version = $state(""); // of that; "": a new playlist
  errors = $state(false); // the file has errors: it can be edited as text
  history = $state.raw<History>(begin(nothing));
  problems = $state.raw<{ problem: PlaylistProblem; key: number | null }[]>([]);
  saving = $state(false);
  refusal = $state(""); // why it could not be saved
  savedAt = $state(0); // ms
  notice = $state<"" | "changed" | "restored" | "removed" | "came-back">("");
  noticeAt = $state(0);
  noticeBy = $state("");
  elsewhere = $state.raw<Elsewhere | null>(null);
  comparing = $state(false); // both are shown side by side
  unkept = $state(false); // this browser does not keep drafts
  readonly ahead: Foresight;

  readonly draft: Draft = $derived(this.history.now);
  readonly rows: readonly Row[] = $derived(this.history.now.rows);
  readonly dirty: boolean = $derived(this.state === "ready" && !same(this.history.now, this.base));
  readonly changed: ReadonlySet<number> = $derived(this.history.now === this.base ? none : changedRows(this.history.now, this.base));
  readonly places: ReadonlyMap<number, number> = $derived(new Map(this.rows.map((r, i) => [r.key, i])));
  readonly total = $derived.by(() => { void known.version; return total(this.rows, (r) => this.span(r)); });
  readonly air: Air | null = $derived.by(() => airOf(this.ahead.word, this.places, this.isBase || loops(this.draft.head)));
  /** When each row airs: as the engine says, or while it has not, as lengths have it. */
  readonly times: Times = $derived.by(() => { void known.version; return foreseen(this.ahead.word, this.draft) ?? walk(this.rows, (r) => this.span(r), this.air); });

  isBase = $state(false);
  #sent: Draft | null = null; // what is being saved
  #wrote: Draft | null = null; // what was sent, and may have been saved though no answer came
  #credited = 0; // the save that was last told as somebody's, ms
  #keeping = 0;
  #again = 0;
  #id: string;
  #who: string;

  /** The draft is kept as theirs who began it, also once the session has ended. */
  constructor(name: string, id: string, who: string) {
    this.name = name;
    this.#id = id;
    this.#who = who;
    this.ahead = new Foresight(name, () => this.draft, (word, rows) => this.#problems(word, rows));
  }

  /** Reads the playlist, and takes up the draft that was kept of it. */
  async open(draft: Kept | null): Promise<void> {
    this.state = "reading";
    try {
      const shown = await this.#read();
      this.#begin(shown);
      if (draft?.document) this.#restore(draft, shown);
    } catch (e) {
      if (draft?.document && draft.was && e instanceof Problem && (e.status === 404 || e.status === 0)) { this.#restore(draft, null); return; }
      this.state = e instanceof Problem && e.status === 404 ? "missing" : "failed";
      this.fault = e instanceof Problem ? e.message : String(e);
    }
  }

  /** Begins a playlist that is not there yet. */
  create(doc: Document): void {
    this.base = draftOf({ ...doc, items: [] });
    this.history = begin(draftOf(doc));
    this.version = "";
    this.state = "ready";
  }

  #read(): Promise<Shown> { return get<Shown>(`/playlists/${part(this.name)}`); }

  #begin(shown: Shown): void {
    this.errors = shown.document === null;
    const doc = shown.document ?? { items: [] };
    this.base = aligned(this.base, doc);
    this.version = shown.version;
    this.history = begin(this.base);
    this.#tell(shown);
    this.state = "ready";
    this.ahead.soon(0);
  }

  #tell(shown: Shown): void {
    known.tell(this.base.rows.map((r) => r.item), shown.items);
    this.#problems(shown.problems, this.base.rows);
  }

  #restore(k: Kept, shown: Shown | null): void {
    if (!k.document) return;
    const now = this.base;
    if (shown === null || k.base !== shown.version) {
      this.base = k.was ? draftOf(k.was) : nothing;
      this.version = k.base;
    }
    const draft = aligned(this.base, k.document);
    this.state = "ready";
    if (same(draft, this.base)) {
      if (shown) { this.base = now; this.version = shown.version; }
      void drop(this.#id);
      return;
    }
    this.errors = false;
    this.history = step(begin(this.base), draft, 0);
    this.#note("restored", k.at);
    if (shown && k.base !== shown.version) void this.#changedTo(shown.version);
    else if (!shown && k.base !== "") this.elsewhere = { version: "", document: null, by: "", at: 0, saving: false };
    this.ahead.soon(0);
  }

  // Editing.

  edit(next: Draft, name = ""): void {
    const h = step(this.history, next, performance.now(), name);
    if (h === this.history) return;
    this.history = h;
    if (this.notice === "changed") this.notice = "";
    this.#edited();
  }
  undo(): void { this.history = undo(this.history); this.#edited(); }
  redo(): void { this.history = redo(this.history); this.#edited(); }

  /** Drops the edits; they can be had back by undo. */
  discard(): void {
    this.edit({ head: this.base.head, rows: this.base.rows });
    this.notice = "";
    this.elsewhere = null;
    void this.#reload();
  }

  #edited(): void {
    this.refusal = "";
    this.ahead.soon();
    window.clearTimeout(this.#keeping);
    this.#keeping = window.setTimeout(() => void this.keepNow(), this.rows.length > 1000 ? 800 : 150);
  }

  /** Keeps the draft in this browser, or lets go of it where nothing is unsaved. */
  async keepNow(): Promise<void> {
    window.clearTimeout(this.#keeping);
    if (!this.dirty) { await drop(this.#id); return; }
    const was = documentOf(this.base), document = documentOf(this.draft);
    this.unkept = !(await keep({ id: this.#id, name: this.name, who: this.#who, base: this.version, was, document, text: null, at: Date.now() }));
  }

  #problems(list: readonly PlaylistProblem[], rows: readonly Row[]): void {
    this.problems = list.map((problem) => ({ problem, key: problem.item === null ? null : (rows[problem.item]?.key ?? null) }));
  }

  // Saving.

  /** Saves the draft over the version it began from. True when it counts. */
  async save(): Promise<boolean> {
    if (this.saving || !session.may("operator")) return false;
    const draft = this.draft, before = this.#wrote;
    this.#sent = this.#wrote = draft;
    this.saving = true;
    this.refusal = "";
    try {
      return await this.#put(draft);
    } catch (e) {
      return await this.#refused(e, draft, before);
    } finally {
      this.saving = false;
      this.#sent = null;
    }
  }

  async #put(draft: Draft): Promise<boolean> {
    const headers: Record<string, string> = this.version ? { "If-Match": `"${this.version}"` } : { "If-None-Match": "*" };
    const { data } = await ask<Shown>("PUT", `/playlists/${part(this.name)}`, { body: documentOf(draft), headers, within: 30000 });
    this.#saved(draft, data);
    return true;
  }

  #saved(draft: Draft, shown: Shown): void {
    this.base = draft;
    this.version = shown.version;
    this.errors = shown.document === null;
    this.#wrote = null;
    this.elsewhere = null;
    this.comparing = false;
    this.notice = "";
    this.savedAt = live.now || Date.now();
    this.#tell(shown);
    void this.keepNow();
    this.ahead.soon(300);
  }

  /** `before` is what was sent before it and never answered. */
  async #refused(e: unknown, draft: Draft, before: Draft | null): Promise<boolean> {
    if (!(e instanceof Problem)) { this.refusal = String(e); return false; }
    if (e.status === 412) return await this.#conflict(e, draft, before);
    this.refusal = away(e) ? "away" : e.message;
    const list = e.body.problems as PlaylistProblem[] | undefined;
    if (e.status === 422 && list) this.#problems(list, draft.rows);
    return false;
  }

  async #conflict(e: Problem, draft: Draft, before: Draft | null): Promise<boolean> {
    const version = String(e.body.version ?? "");
    const document = (e.body.document as Document | undefined) ?? null;
    if (version && document && same(aligned(this.base, document), draft)) {
      // Ours had arrived; only its answer had not.
      try { this.#saved(draft, await this.#read()); return true; } catch { /* told below */ }
    }
    if (before && version && document && same(aligned(this.base, document), before)) {
      // So had what was sent before: this one goes over it.
      this.base = before;
      this.version = version;
      try { return await this.#put(draft); } catch (again) { return await this.#refused(again, draft, null); }
    }
    const who = this.elsewhere?.version === version ? this.elsewhere : await this.#author();
    this.elsewhere = { version, document, by: who.by, at: who.at, saving: true };
    this.comparing = true;
    return false;
  }

  /** Who has just saved it, as far as the engine remembers; a hand on disk has no name. */
  async #author(): Promise<{ by: string; at: number }> {
    const now = live.now || Date.now();
    try {
      const note = (await get<Type<"Note">[]>("/commands")).find((n) => n.ok && (n.what === `save ${this.name}` || n.what.endsWith(` of ${this.name}`)));
      const at = note ? Date.parse(note.at) : 0;
      const ours = note?.by === (session.me?.name ?? "") && Math.abs(at - this.savedAt) < 5000;
      if (note && now - at < 3000 && at !== this.#credited && !ours) { this.#credited = at; return { by: note.by, at }; }
    } catch { /* not known */ }
    return { by: "", at: now };
  }

  // What others do.

  /** Hears that the playlist has another version now; "" when it is gone. */
  async heard(version: string): Promise<void> {
    if (this.state === "missing" || this.state === "failed") {
      if (!version) return;
      await this.open(null);
      this.#note("changed", 0, await this.#author());
      return;
    }
    if (this.state !== "ready" || version === this.version || this.elsewhere?.version === version) return;
    if (this.#sent) return; // the answer to what is being saved tells it
    await this.#changedTo(version);
  }

  async #changedTo(version: string): Promise<void> {
    if (version === "") {
      if (this.version === "") return; // new, and not there yet
      if (!this.dirty) { this.state = "missing"; return; }
      this.elsewhere = { version: "", document: null, ...(await this.#author()), saving: false };
      return;
    }
    if (!this.dirty) { await this.#reload(true); return; }
    try {
      const was = this.version;
      const shown = await this.#read();
      if (this.#sent || this.version !== was || shown.version === was) return; // a save was begun or answered meanwhile: that tells
      if (this.#wrote && shown.document && same(aligned(this.base, shown.document), this.#wrote)) { this.#saved(this.#wrote, shown); return; }
      this.elsewhere = { version: shown.version, document: shown.document, ...(await this.#author()), saving: false };
    } catch { this.#later(version); }
  }

  /** Takes what is there now, where nothing is unsaved. */
  async #reload(tell = false): Promise<void> {
    try {
      const shown = await this.#read();
      if (this.dirty || shown.version === this.version) return;
      const past = this.history;
      this.#begin(shown);
      if (past.past.length > 0) this.history = step(past, this.base, 0);
      this.elsewhere = null;
      if (tell) this.#note("changed", 0, await this.#author());
    } catch { this.#later(); }
  }

  /** What is there now could not be read: again, until it can be. */
  #later(version = "?"): void {
    window.clearTimeout(this.#again);
    this.#again = window.setTimeout(() => void this.heard(version), 2000);
  }

  #note(what: "changed" | "restored", at: number, who = { by: "", at: 0 }): void {
    this.notice = what;
    this.noticeAt = at || who.at;
    this.noticeBy = who.by;
  }

  /** The link is back: what happened meanwhile? */
  async back(): Promise<void> {
    if (this.state === "failed") { await this.open(null); return; }
    if (this.state !== "ready") return;
    try {
      const shown = await this.#read();
      if (this.refusal === "away") this.refusal = "";
      await this.heard(shown.version);
    } catch (e) {
      if (e instanceof Problem && e.status === 404) await this.heard("");
    }
    this.ahead.soon(0);
  }

  /** Goes on from what is there now, with this draft: nothing is saved yet. */
  rebase(draft: Draft): void {
    const e = this.elsewhere;
    if (!e) return;
    this.base = e.document ? aligned(this.base, e.document) : nothing;
    this.version = e.version;
    this.elsewhere = null;
    this.comparing = false;
    this.edit(draft);
    this.#edited();
  }

  /** Nothing of it would be missed. */
  get idle(): boolean { return !this.dirty && !this.saving && this.history.past.length === 0 && this.history.future.length === 0 && this.elsewhere === null; }

  /** How long a row airs: what is known of the item, or else how long the engine plans it. */
  span(r: Row): number | null {
    const known = lengthOf(r);
    if (known !== null) return known;
    const a = this.ahead.word?.rows.get(r.key);
    return a && a.item === r.item && a.end !== null && !a.cut ? a.end - a.at : null;
  }

  /** When a row airs, as the engine last said. */
  airing(key: number): Airing | undefined { return this.ahead.word?.rows.get(key); }
}
