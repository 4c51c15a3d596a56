// A day of the as-run log. Of the day that is going on only its end is read anew.

import { untrack } from "svelte";
import { get, Problem } from "../../api/call";
import { live } from "../../api/live.svelte";
import type { Span } from "../../parts/timeline/axis";
import { renewed, type Aired } from "./rows";

export class Log {
  rows = $state.raw<Aired[]>([]);
  reading = $state(true);
  problem = $state("");

  #abort: AbortController | undefined;
  #timer = 0;

  /** Follows a span that may change; to be called while a component is made. */
  follow(span: () => Span): void {
    $effect(() => {
      const s = span();
      untrack(() => void this.load(s));
      // The row of what has just ended is written a moment after the join.
      const soon = () => { window.clearTimeout(this.#timer); this.#timer = window.setTimeout(() => void this.#renew(s), 1500); };
      const stops = [live.on("rundown", soon), live.on("back", soon), live.on("reset", soon), live.on("command", soon)];
      return () => { stops.forEach((stop) => stop()); window.clearTimeout(this.#timer); this.#abort?.abort(); };
    });
  }

  async load(span: Span): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.reading = true;
    this.problem = "";
    this.rows = [];
    await this.#read(abort, span.from, span.to, (rows) => (this.rows = rows));
    if (!abort.signal.aborted) this.reading = false;
  }

  async #renew(span: Span): Promise<void> {
    if (this.reading || live.now < span.from || live.now > span.to + 60e3) return;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const on = this.rows.findLast((r) => r.outcome === "on air") ?? this.rows.at(-1);
    const from = on ? Date.parse(on.start) : span.from;
    await this.#read(abort, from, span.to, (rows) => (this.rows = renewed(this.rows, rows, from)));
  }

  async #read(abort: AbortController, from: number, to: number, take: (rows: Aired[]) => void): Promise<void> {
    try {
      take(await get<Aired[]>("/asrun", { from: new Date(from).toISOString(), to: new Date(to).toISOString() }, abort.signal));
      this.problem = "";
    } catch (e) {
      if (!abort.signal.aborted) this.problem = e instanceof Problem ? e.message || "away" : String(e);
    }
  }
}
