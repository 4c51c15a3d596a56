// The playlists that were opened in this visit, with their drafts: leaving the page
// loses nothing, and what happens to them is heard wherever one is.

import { live } from "../../api/live.svelte";
import type { Type } from "../../api/call";
import { session } from "../../api/session.svelte";
import { drop, keep, kept, type Kept } from "../../lib/draft/keep";
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { arrivals } from "./arrivals.svelte";
import { Editor } from "./editor.svelte";

type PlaylistsEvent = Type<"PlaylistsEvent">;

/** Drafts of two tabs keep apart, and a reload finds its own. */
function tab(): string {
  try {
    let id = sessionStorage.getItem("airloom.tab");
    if (!id) sessionStorage.setItem("airloom.tab", (id = Math.random().toString(36).slice(2)));
    return id;
  } catch { return "tab"; }
}

class Desk {
  open = new SvelteMap<string, Editor>();
  /** The playlists that are on show as text: these take up their own drafts. */
  texts = new SvelteSet<string>();
  #kept = $state.raw<Kept[]>([]);
  /** Drafts of other tabs and earlier visits, and those that are not on show. */
  readonly found: readonly Kept[] = $derived(this.#kept.filter((k) => (k.text !== null ? k.id !== this.textID(k.name) || !this.texts.has(k.name) : k.id !== this.id(k.name) || !this.open.has(k.name))));
  #who: string | null = null;
  #bound = false;

  readonly unsaved: string[] = $derived([...this.open.values()].filter((e) => e.dirty).map((e) => e.name));

  id(name: string): string { return `${tab()}:${session.me?.name ?? ""}:${name}`; }
  textID(name: string): string { return `${this.id(name)}:text`; }

  /** The editor of a playlist; reads it where it is not open yet. */
  async edit(name: string): Promise<Editor> {
    await this.start();
    const there = this.open.get(name);
    if (there) return there;
    const mine = (await kept(session.me?.name ?? "")).find((k) => k.id === this.id(name)) ?? null;
    const e = this.open.get(name) ?? new Editor(name, this.id(name), session.me?.name ?? "");
    if (this.open.has(name)) return e;
    this.open.set(name, e);
    void e.open(mine);
    return e;
  }

  close(name: string): void {
    const e = this.open.get(name);
    this.open.delete(name);
    if (e?.dirty) void e.keepNow().then(() => this.look());
  }

  /** A playlist is on show; what it returns tells that it no longer is. One with nothing to lose is let go of then. */
  show(e: Editor): () => void {
    e.ahead.show(true);
    return () => {
      e.ahead.show(false);
      if (e.idle && arrivals.of(e) === 0 && this.open.get(e.name) === e) this.open.delete(e.name);
    };
  }

  /** A playlist has another name: unsaved changes go with it. */
  async renamed(from: string, to: string): Promise<void> {
    const e = this.open.get(from);
    if (e?.dirty) await e.keepNow();
    this.open.delete(from);
    const all = await kept(this.#who ?? "");
    for (const k of all) {
      if (k.name !== from) continue;
      const at = k.id.lastIndexOf(`:${from}`);
      let id = at < 0 ? k.id : `${k.id.slice(0, at)}:${to}${k.id.slice(at + 1 + from.length)}`;
      if (all.some((other) => other !== k && other.id === id)) id = `${k.id}:${k.at}`;
      if (await keep({ ...k, id, name: to }) && id !== k.id) await drop(k.id);
    }
    await this.look();
  }

  /** Finds what was kept, and listens; another person begins anew. */
  async start(): Promise<void> {
    const who = session.me?.name ?? "";
    if (this.#who !== who) { this.open.clear(); this.#who = who; }
    this.#listen();
    await this.look();
  }

  /** Looks again for what is kept. */
  async look(): Promise<void> { if (this.#who !== null) this.#kept = await kept(this.#who); }

  /** Takes up the draft of another tab or visit; one that was made as text is taken up by the text's view. */
  async take(k: Kept): Promise<void> {
    if (k.text !== null) { await this.#takeText(k); return; }
    const e = new Editor(k.name, this.id(k.name), k.who);
    this.open.set(k.name, e);
    await e.open(k);
    await e.keepNow();
    if (k.id !== this.id(k.name)) await drop(k.id);
    await this.start();
  }

  /** What a tab has of its own it keeps: the other's is offered once more beside it. */
  async #takeText(k: Kept): Promise<void> {
    const id = this.textID(k.name);
    if (k.id === id || this.#kept.some((mine) => mine.id === id)) return;
    if (await keep({ ...k, id })) await drop(k.id);
    await this.look();
  }

  async forget(k: Kept): Promise<void> {
    await drop(k.id);
    await this.start();
  }

  #listen(): void {
    if (this.#bound) return;
    this.#bound = true;
    live.on<PlaylistsEvent>("playlists", (ev) => {
      for (const l of ev.changed) if (!l.settling) void this.open.get(l.name)?.heard(l.version);
      for (const name of ev.removed) void this.open.get(name)?.heard("");
    });
    const all = (f: (e: Editor) => void) => () => this.open.forEach(f);
    live.on("back", all((e) => void e.back()));
    live.on("reset", all((e) => void e.back()));
    live.on("rundown", all((e) => e.ahead.later()));
    document.addEventListener("visibilitychange", all((e) => { if (document.visibilityState === "hidden" && e.dirty) void e.keepNow(); }));
    window.addEventListener("pagehide", all((e) => { if (e.dirty) void e.keepNow(); }));
    // Only where this browser keeps no drafts is something lost with the page.
    window.addEventListener("beforeunload", (ev) => { if ([...this.open.values()].some((e) => e.dirty && e.unkept)) ev.preventDefault(); });
  }
}

export const desk = new Desk();
