// The start that is being looked at or changed: read from its playlist, changed here,
// and saved into it alone, over the version that was read.

import { ask, get, part, Problem, type Type } from "../../api/call";
import { session } from "../../api/session.svelte";
import { clock } from "../../shell/clock.svelte";
import { faultsOf, formOf, movedTo, scheduleOf, type Form, type Schedule } from "./start";

type Shown = Type<"Shown">;
type Document = Type<"Document">;

/** Where somebody wants to go from a start that is not saved. */
export interface Leaving { file: string; planned: number; at: number } // no file: to none

export class StartEdit {
  file = $state("");
  /** The planned start that was chosen, ms; 0: none, such as of a new one. */
  planned = $state(0);
  form = $state.raw<Form | null>(null);
  /** What the file says; undefined: it has no start yet. */
  before = $state.raw<Schedule | undefined>(undefined);
  state = $state<"none" | "reading" | "ready" | "errors" | "away">("none");
  fault = $state(""); // why reading or saving came to nothing
  /** Somebody else has saved meanwhile: their start, and null where they took it away. */
  theirs = $state.raw<{ schedule: Schedule | null } | null>(null);
  effects = $state.raw<Type<"Effects"> | null>(null);
  asking = $state(false);
  saving = $state(false);
  /** What was saved last, for undo. */
  saved = $state.raw<{ file: string; before: Schedule | undefined; etag: string } | null>(null);
  removing = $state(false);
  stuck = $state(false); // it was to be moved, and its rule does not take that
  /** What is to be asked about before what was changed here is dropped. */
  leaving = $state.raw<Leaving | null>(null);

  #document: Document | null = null;
  #etag = "";
  #first = $state.raw<Form | null>(null);
  #who = ""; // whose edit it is
  #to = 0; // where it was moved to on the timeline
  #abort: AbortController | undefined;
  #timer = 0;

  faults = $derived(this.form ? faultsOf(this.form) : []);
  changed = $derived(this.form !== null && (this.before === undefined || JSON.stringify(this.schedule) !== JSON.stringify(this.before)));

  /** Is there anything that somebody would have to do again? A new start that was only proposed is nothing. */
  dirty = $derived(this.changed && JSON.stringify(this.form) !== JSON.stringify(this.#first));

  /** What the file is to say. */
  get schedule(): Schedule | undefined { return this.form ? scheduleOf(this.form, this.before, clock()) : undefined; }

  /**
   * Takes a playlist's start up; `at` is where a new one would be. False where that is
   * to be asked about first, as the one that is open is not saved.
   */
  async open(file: string, planned: number, at = planned): Promise<boolean> {
    if (file === this.file && this.state === "ready" && this.changed) { this.planned = planned; this.leaving = null; return true; }
    if (this.dirty || this.saving) { this.leaving = this.dirty ? { file, planned, at } : null; return false; }
    await this.#read(file, planned, at);
    return true;
  }

  /** Closes it, or asks first; asked once more it stays. */
  leave(): void {
    if (!this.dirty) this.close();
    else this.leaving = this.leaving ? null : { file: "", planned: 0, at: 0 };
  }

  /** Drops what was changed and goes where it was to go. */
  async drop(): Promise<void> {
    const to = this.leaving;
    this.close();
    if (to?.file) await this.#read(to.file, to.planned, to.at);
  }

  /** The page is shown to somebody: an edit of another is none of theirs. */
  shown(): void {
    if (this.#who !== (session.me?.name ?? "")) { this.close(); this.saved = null; }
  }

  /** The page is left: what was changed is there when one comes back. */
  hidden(): void {
    this.leaving = null;
    if (this.removing) this.keep();
    if (!this.dirty && !this.saving) this.close();
  }

  async #read(file: string, planned: number, at: number): Promise<void> {
    this.#who = session.me?.name ?? "";
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    Object.assign(this, { file, planned, form: null, leaving: null, before: undefined, state: "reading", fault: "", theirs: null, effects: null, removing: false, stuck: false });
    try {
      const r = await ask<Shown>("GET", `/playlists/${part(file)}`, { signal: abort.signal });
      this.#take(r.data, r.headers.get("ETag") ?? "");
      if (!r.data.document) { this.state = "errors"; this.fault = r.data.problems[0]?.message ?? ""; return; }
      this.before = r.data.document.schedule;
      this.form = this.#first = formOf(this.before, clock(), at);
      this.state = "ready";
      if (this.before === undefined) this.#foresee();
    } catch (e) {
      if (abort.signal.aborted) return;
      this.state = "away";
      this.fault = e instanceof Problem ? e.message || "away" : String(e);
    }
  }

  #take(shown: Shown, etag: string): void {
    this.#document = shown.document;
    this.#etag = etag;
  }

  close(): void {
    this.#abort?.abort();
    window.clearTimeout(this.#timer);
    Object.assign(this, { file: "", planned: 0, form: null, leaving: null, before: undefined, state: "none", fault: "", theirs: null, effects: null, removing: false, stuck: false });
  }

  set(part: Partial<Form>): void {
    if (!this.form) return;
    this.form = { ...this.form, ...part };
    this.removing = this.stuck = false;
    this.#foresee();
  }

  /** Moves the start as on the timeline; false where its rule does not take that. */
  move(to: number): boolean {
    if (!this.form || !this.at) return false;
    const next = movedTo(this.form, clock(), this.at, to);
    this.stuck = next === null;
    if (!next) return false;
    this.#to = to;
    this.form = next;
    this.removing = false;
    this.#foresee();
    return true;
  }

  /** Where the chosen start is to be, as the form has it; 0: not known. */
  get at(): number {
    const f = this.form, c = clock();
    if (!f || !this.changed || this.faults.length > 0) return this.planned;
    if (f.when === "once") return c.moment(f.day, full(f.time));
    if (f.when === "rule" || !this.planned) return this.planned;
    if (this.#to && c.wall(this.#to).slice(0, 5) === f.times) return this.#to;
    return /^\d{1,2}:\d\d$/.test(f.times.trim()) ? c.moment(c.iso(this.planned), full(f.times)) : this.planned;
  }

  discard(): void {
    this.leaving = null;
    if (this.before === undefined) { this.close(); return; }
    this.form = this.#first;
    this.#to = 0;
    this.effects = null;
    this.theirs = null;
    this.fault = "";
    this.removing = this.stuck = false;
  }

  /** The document as it would be saved. */
  #draft(): Document {
    const { schedule: _, items, ...head } = this.#document!;
    return this.removing ? { ...head, items } : { ...head, schedule: this.schedule!, items };
  }

  /** Asks what saving would change on air, a moment after each change. */
  #foresee(): void {
    window.clearTimeout(this.#timer);
    this.effects = null;
    if ((!this.changed && !this.removing) || this.faults.length > 0) { this.asking = false; return; }
    this.asking = true;
    this.#timer = window.setTimeout(async () => {
      const form = this.form, removing = this.removing;
      try {
        const r = await ask<Type<"Effects">>("POST", `/playlists/${part(this.file)}/effects`, { body: this.#draft(), within: 30000 });
        if (form === this.form && removing === this.removing) { this.effects = r.data; this.asking = false; }
      } catch {
        if (form === this.form && removing === this.removing) this.asking = false; // saving says what is wrong
      }
    }, 350);
  }

  remove(): void {
    this.removing = true;
    this.#foresee();
  }

  keep(): void {
    this.removing = false;
    this.effects = null;
    this.#foresee();
  }

  /** Saves; true when it counts. */
  async save(): Promise<boolean> {
    this.saving = true;
    this.fault = "";
    try {
      const r = await ask<Shown>("PUT", `/playlists/${part(this.file)}`, { body: this.#draft(), headers: { "If-Match": this.#etag }, within: 30000 });
      this.saved = { file: this.file, before: this.before, etag: r.headers.get("ETag") ?? "" };
      this.#take(r.data, r.headers.get("ETag") ?? "");
      this.before = r.data.document?.schedule;
      this.form = this.#first = formOf(this.before, clock(), this.at || Date.now());
      this.planned = this.at;
      this.effects = this.theirs = this.leaving = null;
      if (this.removing) this.close();
      return true;
    } catch (e) {
      if (e instanceof Problem && e.status === 412) await this.#overtaken();
      else this.fault = e instanceof Problem ? problemText(e) : String(e);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** Somebody has saved meanwhile: what is there now is the ground of what is saved next. */
  async #overtaken(): Promise<void> {
    try {
      const r = await ask<Shown>("GET", `/playlists/${part(this.file)}`);
      if (!r.data.document) { this.fault = r.data.problems[0]?.message ?? ""; return; }
      this.#take(r.data, r.headers.get("ETag") ?? "");
      this.theirs = { schedule: r.data.document.schedule ?? null };
      this.before = r.data.document.schedule;
      this.#foresee();
    } catch (e) {
      this.fault = e instanceof Problem ? e.message || "away" : String(e);
    }
  }

  /** Drops what was changed here for what somebody else has saved. */
  takeTheirs(at: number): void {
    this.form = this.#first = formOf(this.before, clock(), at);
    this.#to = 0;
    this.theirs = this.effects = null;
    this.removing = false;
  }

  /** Puts the start back as it was before the last save. */
  async undo(): Promise<void> {
    const was = this.saved;
    if (!was) return;
    this.saving = true;
    try {
      const now = await get<Shown>(`/playlists/${part(was.file)}`);
      if (!now.document) throw new Problem(0, "");
      const { schedule: _, items, ...head } = now.document;
      await ask("PUT", `/playlists/${part(was.file)}`, { body: was.before ? { ...head, schedule: was.before, items } : { ...head, items }, headers: { "If-Match": was.etag } });
      this.saved = null;
      if (was.file === this.file && !this.dirty) this.close(); // another may be open by now
    } catch (e) {
      this.fault = e instanceof Problem ? problemText(e) : String(e);
    } finally {
      this.saving = false;
    }
  }
}

/** The one of this desk: it outlives the page, so that looking something up elsewhere loses nothing. */
export const startEdit = new StartEdit();

if (typeof window !== "undefined") window.addEventListener("beforeunload", (e) => { if (startEdit.dirty) e.preventDefault(); });

const full = (time: string): string => { const t = time.trim().padStart(time.trim().length > 5 ? 8 : 5, "0"); return t.length > 5 ? t : `${t}:00`; };

/** A refusal in words; of a playlist with errors the first of them. */
function problemText(e: Problem): string {
  const list = e.body.problems as { message?: string }[] | undefined;
  return list?.[0]?.message ?? (e.message || "away");
}
