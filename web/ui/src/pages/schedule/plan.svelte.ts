// What the timeline shows: what aired in a span, what will air in the rest of it, and
// the playlists that are there. It asks anew when the engine says that this changed.

import { untrack } from "svelte";
import { get, Problem, type Type } from "../../api/call";
import { live } from "../../api/live.svelte";
import { joined, type Piece } from "../../parts/timeline/pieces";
import type { Span } from "../../parts/timeline/axis";

/** Joins alone change little: a span is not asked for again sooner than this, in ms per day of it. */
const calm = 15e3;

/** How far ahead the engine tells what will air, in ms. */
const farthest = 100 * 86400e3;

export class Plan {
  pieces = $state.raw<Piece[]>([]);
  lists = $state.raw<Type<"Listed">[]>([]);
  /** The span that the pieces are of. */
  span = $state.raw<Span>({ from: 0, to: 0 });
  reading = $state(true);
  problem = $state("");

  #abort: AbortController | undefined;
  #timer = 0;
  #read = 0;

  /** Follows a span that may change; to be called while a component is made. */
  follow(span: () => Span): void {
    $effect(() => {
      const s = span();
      untrack(() => void this.load(s, true)); // what it reads of the moment is no reason to read anew
      const soon = (ms: number) => () => this.#later(s, ms);
      const days = Math.ceil((s.to - s.from) / 86400e3);
      const stops = [
        live.on("rundown", soon(calm * days)), live.on("playlists", soon(300)), live.on("reset", soon(300)), live.on("back", soon(0)), live.on("command", soon(1000)),
      ];
      return () => { stops.forEach((stop) => stop()); window.clearTimeout(this.#timer); this.#timer = 0; this.#abort?.abort(); };
    });
  }

  /** The title of a playlist; its name where it has none. */
  title(name: string): string { return this.lists.find((l) => l.name === name)?.title || name; }

  #due = 0;

  #later(span: Span, ms: number): void {
    const at = Date.now() + ms;
    if (this.#timer && this.#due <= at) return;
    window.clearTimeout(this.#timer);
    this.#due = at;
    this.#timer = window.setTimeout(() => { this.#timer = 0; void this.load(span, false); }, ms);
  }

  async load(span: Span, fresh: boolean): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const read = ++this.#read;
    if (fresh) { this.reading = true; this.problem = ""; }
    const now = live.now || Date.now();
    if (span.from > now + farthest) {
      Object.assign(this, { pieces: [], span, problem: "far", reading: false });
      return;
    }
    const iso = (ms: number) => new Date(ms).toISOString();
    try {
      const [aired, slots, lists] = await Promise.all([
        span.from < now ? get<Type<"Aired">[]>("/asrun", { from: iso(span.from), to: iso(Math.min(span.to, now + 60e3)) }, abort.signal) : [],
        span.to > now ? get<Type<"Slot">[]>("/schedule", { from: iso(span.from), for: `${Math.round((span.to - span.from) / 1000)}s` }, abort.signal) : [],
        get<{ playlists: Type<"Listed">[] }>("/playlists", undefined, abort.signal),
      ]);
      if (read !== this.#read) return;
      this.pieces = joined(aired, slots, span.from, span.to);
      this.lists = lists.playlists;
      this.span = span;
      this.problem = "";
    } catch (e) {
      if (read !== this.#read || abort.signal.aborted) return;
      if (fresh) { this.pieces = []; this.span = span; }
      this.problem = e instanceof Problem ? e.message || "away" : String(e);
    }
    if (read === this.#read) this.reading = false;
  }
}
