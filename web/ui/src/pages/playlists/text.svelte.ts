// A playlist's file as text: for files with errors, and for those who like it so.

import { ask, away, part, Problem, type Type } from "../../api/call";
import { live } from "../../api/live.svelte";
import { drop, keep, kept, type Kept } from "../../lib/draft/keep";

export type TextProblem = Type<"PlaylistProblem">;

export class TextEditor {
  readonly name: string;
  text = $state("");
  base = $state("");
  version = $state("");
  state = $state<"reading" | "ready" | "missing" | "failed">("reading");
  fault = $state("");
  problems = $state.raw<TextProblem[]>([]);
  checking = $state(false);
  saving = $state(false);
  savedAt = $state(0); // ms; 0: not since it was edited
  restored = $state(0); // when the draft was made that came back, ms
  /** What is there now, where somebody else has changed it. */
  theirs = $state.raw<{ text: string; version: string } | null>(null);
  readonly dirty: boolean = $derived(this.text !== this.base);
  #id: string;
  #who: string;
  #timer = 0;
  #keeping = 0;
  #check: AbortController | null = null;

  /** The draft is kept as theirs who began it, also once the session has ended. */
  constructor(name: string, id: string, who: string) {
    this.name = name;
    this.#id = id;
    this.#who = who;
  }

  async open(): Promise<void> {
    const k = (await kept(this.#who)).find((d) => d.id === this.#id && d.text !== null);
    try {
      const now = await this.#read();
      this.text = this.base = now.text;
      this.version = now.version;
      if (k) this.#restore(k, now);
      this.state = "ready";
      void this.#validate();
    } catch (e) {
      if (k && e instanceof Problem && e.status === 404) { // what it was made of is gone
        this.#restore(k, { text: "", version: "" });
        this.state = "ready";
        return;
      }
      this.state = e instanceof Problem && e.status === 404 ? "missing" : "failed";
      this.fault = e instanceof Problem ? e.message : String(e);
    }
  }

  /** Takes up a draft: over the version that it began from, also where that is not what is there now. */
  #restore(k: Kept, now: { text: string; version: string }): void {
    if (k.text === null || k.text === now.text) return;
    this.text = k.text;
    this.restored = k.at;
    this.version = k.base;
    this.theirs = k.base === now.version ? null : now;
  }

  /** Takes up the draft of another tab or visit, in place of this one. */
  async take(k: Kept): Promise<void> {
    this.#restore(k, this.theirs ?? { text: this.base, version: this.version });
    this.edited();
    await this.keepNow();
    if (k.id !== this.#id) await drop(k.id);
  }

  async #read(): Promise<{ text: string; version: string }> {
    // An address of its own: the document has the same ETag, and the browser would give out that.
    const a = await ask<string>("GET", `/playlists/${part(this.name)}`, { headers: { Accept: "text/plain" }, query: { as: "text" } });
    return { text: a.data, version: (a.headers.get("ETag") ?? "").replace(/^W\//, "").replaceAll('"', "") };
  }

  edited(): void {
    this.savedAt = 0;
    this.fault = "";
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#keeping);
    this.#timer = window.setTimeout(() => void this.#validate(), 500);
    this.#keeping = window.setTimeout(() => void this.keepNow(), 200);
  }

  async keepNow(): Promise<void> {
    if (!this.dirty) { await drop(this.#id); return; }
    await keep({ id: this.#id, name: this.name, who: this.#who, base: this.version, was: null, document: null, text: this.text, at: Date.now() });
  }

  async #validate(): Promise<void> {
    this.#check?.abort();
    const ours = (this.#check = new AbortController());
    this.checking = true;
    try {
      const { data } = await ask<Type<"Verdict">>("POST", `/playlists/${part(this.name)}/validate`, { body: this.text, signal: ours.signal, within: 30000 });
      this.problems = data.problems;
    } catch { /* told when it is saved */ }
    if (this.#check === ours) this.checking = false;
  }

  async save(): Promise<void> {
    const text = this.text;
    this.saving = true;
    this.fault = "";
    try {
      const headers: Record<string, string> = this.version ? { "If-Match": `"${this.version}"` } : { "If-None-Match": "*" };
      const { data } = await ask<Type<"Shown">>("PUT", `/playlists/${part(this.name)}`, { body: text, headers, within: 30000 });
      this.base = text;
      this.version = data.version;
      this.problems = data.problems;
      this.savedAt = live.now || Date.now();
      this.theirs = null;
      void this.keepNow();
    } catch (e) {
      await this.#refused(e);
    }
    this.saving = false;
  }

  async #refused(e: unknown): Promise<void> {
    if (!(e instanceof Problem)) { this.fault = String(e); return; }
    this.fault = away(e) ? "away" : e.message;
    if (e.status === 422) this.problems = (e.body.problems as TextProblem[] | undefined) ?? this.problems;
    if (e.status === 412) {
      try { this.theirs = await this.#read(); } catch { this.theirs = { text: "", version: "" }; }
    }
  }

  /** Hears of another version. */
  async heard(version: string): Promise<void> {
    if (this.state !== "ready" || this.saving || version === this.version) return;
    if (version === "") { this.theirs = { text: "", version: "" }; return; }
    try {
      const now = await this.#read();
      if (now.version === this.version) { this.base = now.text; this.theirs = null; return; }
      if (now.text === this.text || !this.dirty) { this.text = this.base = now.text; this.version = now.version; this.theirs = null; void this.#validate(); void this.keepNow(); } else this.theirs = now;
    } catch { /* asked again when the link is back */ }
  }

  takeTheirs(): void {
    if (!this.theirs) return;
    this.text = this.base = this.theirs.text;
    this.version = this.theirs.version;
    this.theirs = null;
    this.edited();
  }

  keepMine(): void {
    if (!this.theirs) return;
    this.base = this.theirs.text;
    this.version = this.theirs.version;
    this.theirs = null;
    this.edited();
  }

  discard(): void {
    this.restored = 0;
    if (this.theirs?.version) { this.takeTheirs(); return; }
    this.text = this.base;
    this.edited();
  }
}
