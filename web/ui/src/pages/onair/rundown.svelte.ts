// The rundown as the engine tells it: asked for anew whenever it says that it has
// changed, never twice at once.

import { untrack } from "svelte";
import { get, Problem } from "../../api/call";
import { live } from "../../api/live.svelte";
import { keyed, lines, others, takeable, type Entry, type Row } from "./rundown";

/** What is cued: the entry that Take puts on air. */
export interface Cued { key: string; id: string; playlist: string; title: string }

const first = 60, most = 1000;

export class Rundown {
  rows = $state.raw<Row[]>([]);
  fault = $state("");
  known = $state(false);
  limit = $state(first);
  /** What was cued by its key; see `cued`. */
  #cue = $state.raw<Cued | null>(null);
  readonly lines = $derived(lines(this.rows, live.status?.alerts ?? []));
  readonly others = $derived(others(this.lines, live.status?.alerts ?? []));

  #busy = false;
  #again = false;
  #serial = 0;
  #timer = 0;
  #ended = false;

  /** Follows the engine until what it returns is called. */
  follow(): () => void {
    this.#ended = false;
    const off = (["rundown", "reset", "back", "playlists", "command"] as const).map((name) => live.on(name, () => void this.refresh()));
    untrack(() => void this.refresh()); // the effect that follows depends on nothing of it
    return () => { this.#ended = true; window.clearTimeout(this.#timer); off.forEach((f) => f()); };
  }

  /** Asks for more entries; whether there may be any. */
  more(): boolean {
    if (this.rows.length < this.limit || this.limit >= most) return false;
    this.limit = Math.min(most, this.limit * 3);
    void this.refresh();
    return true;
  }

  /** Everything that can be told. */
  async all(): Promise<void> {
    if (this.rows.length < this.limit || this.limit >= most) return;
    this.limit = most;
    await this.refresh();
  }

  get cued(): Cued | null { return this.#cue; }

  cue(row: Row | null): void {
    this.#cue = row && row.key !== this.#cue?.key && takeable(row.entry) && !row.entry.on_air
      ? { key: row.key, id: row.entry.id, playlist: row.entry.playlist, title: row.entry.title } : null;
  }

  async refresh(): Promise<void> {
    if (this.#ended) return;
    if (this.#busy) { this.#again = true; return; }
    this.#busy = true;
    window.clearTimeout(this.#timer);
    try {
      const entries = await get<Entry[]>("/rundown", { limit: this.limit });
      this.rows = keyed(this.rows, entries, () => this.#serial++);
      this.known = true;
      this.fault = "";
      const c = this.#cue;
      if (c && !this.rows.some((r) => r.key === c.key && !r.entry.on_air && r.entry.plays)) this.#cue = null;
    } catch (e) {
      this.fault = e instanceof Problem ? e.message : String(e);
      this.#timer = window.setTimeout(() => void this.refresh(), 3000);
    } finally {
      this.#busy = false;
    }
    if (this.#again) { this.#again = false; await this.refresh(); }
  }
}
