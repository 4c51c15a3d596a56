// What a list of media shows: one folder, or what a search finds below it. Pages
// come as they are scrolled to; what changes in the folder comes by itself.

import { listMedia, mediaFile, type MediaFile, type MediaFolder, type MediaSort } from "./media";
import { Problem, type Type } from "./call";
import { live } from "./live.svelte";

const page = 200, most = 500; // most: at once
/** So many changed files are asked for one by one; of more, the list is asked for anew. */
const few = 8;

export class Browse {
  folder = $state("");
  search = $state("");
  sort = $state<MediaSort>("name");
  folders = $state.raw<MediaFolder[]>([]);
  files = $state.raw<MediaFile[]>([]);
  total = $state(0);
  more = $state(false); // there is more to come
  state = $state<"reading" | "ready" | "failed">("reading");
  problem = $state("");
  missing = $state(false); // the engine has no such folder, or no media at all
  partial = $state(false); // there is more than the engine could look at

  #next = "";
  #ask: AbortController | null = null;
  #timer = 0;
  #last = 0;

  /** Follows the folder while it is looked at; call what it returns to end that. */
  follow(): () => void {
    const off = [
      live.on<Type<"MediaEvent">>("media", (e) => void this.#changed(e.paths)),
      live.on("reset", () => this.#soon()),
      live.on("back", () => this.#soon()),
    ];
    return () => { off.forEach((f) => f()); window.clearTimeout(this.#timer); this.#ask?.abort(); };
  }

  /** Shows another folder, search or order. */
  show(what: { folder?: string; search?: string; sort?: MediaSort }): Promise<void> {
    if (what.folder !== undefined) this.folder = what.folder;
    if (what.search !== undefined) this.search = what.search;
    if (what.sort !== undefined) this.sort = what.sort;
    this.state = "reading";
    this.files = [];
    this.folders = [];
    this.more = false;
    return this.load();
  }

  /** Asks anew for as much as is shown; it is replaced when all of it is there. */
  async load(): Promise<void> {
    this.#ask?.abort();
    const ask = (this.#ask = new AbortController());
    const want = Math.max(page, this.files.length);
    this.#last = Date.now();
    try {
      let all: MediaFile[] = [];
      let after = "";
      for (;;) {
        const got = await this.#get(after, ask.signal, Math.min(most, Math.max(page, want - all.length)));
        all = after ? all.concat(got.files) : got.files;
        after = got.next;
        if (after && all.length < want) continue;
        Object.assign(this, { files: all, folders: got.folders, total: got.total, more: after !== "", partial: got.partial, state: "ready", problem: "", missing: false });
        this.#next = after;
        return;
      }
    } catch (e) {
      this.#fail(e, ask.signal);
    }
  }

  /** Asks for the next page. */
  async further(): Promise<void> {
    if (!this.#next || this.state !== "ready" || this.#ask?.signal.aborted) return;
    const after = this.#next;
    this.#next = "";
    const ask = (this.#ask ??= new AbortController());
    try {
      const got = await this.#get(after, ask.signal);
      this.files = this.files.concat(got.files);
      this.total = got.total;
      this.#next = got.next;
      this.more = got.next !== "";
    } catch (e) {
      this.#next ||= after;
      this.#fail(e, ask.signal);
    }
  }

  #get(after: string, signal: AbortSignal, limit = page) {
    return listMedia({ folder: this.folder, search: this.search.trim(), sort: this.sort, after, limit }, signal);
  }

  #fail(e: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.missing = e instanceof Problem && e.status === 404;
    this.problem = e instanceof Problem ? e.message : String(e);
    this.state = "failed";
  }

  async #changed(paths: string[]): Promise<void> {
    if (paths.length === 0) return; // uploads only
    const mine = new Set(paths);
    const known = this.files.filter((f) => mine.has(f.path));
    // A file that came or went changes the list itself.
    if (known.length < paths.length || paths.length > few) { this.#soon(); return; }
    const fresh = new Map<string, MediaFile>();
    try {
      for (const f of await Promise.all(known.map((k) => mediaFile(k.path)))) fresh.set(f.path, f);
    } catch { this.#soon(); return; }
    this.files = this.files.map((f) => fresh.get(f.path) ?? f);
  }

  /** Loads anew, but not more than every two seconds, however much changes. */
  #soon(): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.load(), Math.max(300, this.#last + 2000 - Date.now()));
  }
}
