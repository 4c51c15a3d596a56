// What the engine says by itself, as server-sent events. One stream for the whole
// desk: it comes back by itself, is told what it missed, and never shows an old
// value as new: when nothing is heard for a while, the link is lost and time stops.

import { tallies } from "../lib/air";
import { ask, type Type } from "./call";

export type Status = Type<"Status">;
export type Link = "connecting" | "up" | "lost";
export interface Levels { peak_db: number[]; momentary_lufs: number | null; short_lufs: number | null; tick: number }

/** The events that pages listen to. `back` is ours: the link is up again, ask anew. */
export type EventName = "alert" | "playlists" | "rundown" | "reset" | "media" | "command" | "back";

/** There is a status every second: without one for so long, the link is lost. */
const silence = 3500;
/** How long a new stream may stay silent while the link is lost; then another is tried. */
const patience = 5000;
/** Sound levels come five times a second: older ones are none. */
const levelsLast = 1000;

class Live {
  status = $state.raw<Status | null>(null);
  levels = $state.raw<Levels | null>(null);
  link = $state<Link>("connecting");
  /** Now by the engine's clock, in ms since 1970, about five times a second; stands still while the link is lost. */
  now = $state(0);
  /** When the status on show was made, by the engine's clock, in ms. */
  at = $state(0);

  #source: EventSource | null = null;
  #heard = 0; // performance.now() of the last status
  #wall = 0; // Date.now() of it: that goes on while a machine sleeps
  #began = 0; // performance.now() at start()
  #levelled = 0; // performance.now() of the last levels
  #ended = false; // it has been stopped, and no status has come since
  #offset = 0; // engine's clock minus performance.now()
  #timer = 0;
  #retry = 0;
  #opened = 0; // performance.now()
  #wantLevels = 0;
  #lastID = "";
  #on = new Map<EventName, Set<(data: unknown) => void>>();

  /** Opens the stream. */
  start(): void {
    if (this.#timer) return;
    this.#began = performance.now();
    this.#open();
    this.#timer = window.setInterval(this.#beat, 200);
    for (const [of, name] of wakes()) of.addEventListener(name, this.#beat);
  }

  /** Closes it, as when nobody is signed in. */
  stop(): void {
    window.clearInterval(this.#timer);
    window.clearTimeout(this.#retry);
    for (const [of, name] of wakes()) of.removeEventListener(name, this.#beat);
    this.#timer = 0;
    this.#close();
    this.status = this.levels = null;
    this.link = "connecting";
    this.#ended = true;
    this.#lastID = "";
  }

  /** Listens to an event; call what it returns to stop. */
  on<T = unknown>(name: EventName, f: (data: T) => void): () => void {
    let set = this.#on.get(name);
    if (!set) this.#on.set(name, (set = new Set()));
    set.add(f as (data: unknown) => void);
    return () => set.delete(f as (data: unknown) => void);
  }

  /** Asks for sound levels for as long as somebody looks at them. */
  meter(): () => void {
    if (this.#wantLevels++ === 0) this.#again();
    return () => { if (--this.#wantLevels === 0) { this.levels = null; this.#again(); } };
  }

  /** Whether red may say "on air". */
  get tally(): boolean { return tallies(this.status, this.link); }

  /** Whether a playlist is on air, as far as red may say so. */
  airs(playlist: string): boolean { return this.tally && this.status?.now?.playlist === playlist; }

  /** Seconds to a moment of the engine's clock. */
  until(ms: number): number { return (ms - this.now) / 1000; }

  #again(): void {
    if (!this.#source) return;
    this.#close();
    this.#open();
  }

  #close(): void {
    this.#source?.close();
    this.#source = null;
  }

  #open(): void {
    const q = new URLSearchParams();
    if (this.#wantLevels > 0) q.set("levels", "1");
    if (this.#lastID) q.set("last_event_id", this.#lastID);
    const s = new EventSource(`/api/v1/events?${q}`);
    this.#source = s;
    this.#opened = performance.now();
    s.addEventListener("status", (e) => this.#status(e));
    s.addEventListener("levels", (e) => { this.#levelled = performance.now(); this.levels = JSON.parse(e.data) as Levels; });
    for (const name of ["alert", "playlists", "rundown", "reset", "media", "command"] as const) {
      s.addEventListener(name, (e) => { this.#hear(e); this.#tell(name, JSON.parse(e.data)); });
    }
    s.onerror = () => {
      if (this.link === "up") this.#lose();
      if (s.readyState !== EventSource.CLOSED || this.#source !== s) return;
      this.#source = null; // refused: the browser does not try again
      void ask("GET", "/me").catch(() => undefined); // a restart may have signed everybody out: that is told then
      this.#retry = window.setTimeout(() => { if (this.#timer && !this.#source) this.#open(); }, 1000);
    };
  }

  #hear(e: MessageEvent): void {
    if (e.lastEventId) this.#lastID = e.lastEventId;
  }

  #status(e: MessageEvent): void {
    this.#hear(e);
    this.#heard = performance.now();
    this.#wall = Date.now();
    const { at, status } = JSON.parse(e.data) as Type<"StatusEvent">;
    this.at = Date.parse(at);
    this.#offset = this.at - this.#heard;
    this.now = this.at;
    this.status = status;
    const was = this.link;
    this.link = "up";
    if (was === "lost" || this.#ended) this.#tell("back", null);
    this.#ended = false;
  }

  #beat = (): void => {
    const now = performance.now();
    if (now - this.#levelled > levelsLast) this.levels = null;
    if (this.link === "connecting" && now - this.#began > silence) this.#lose();
    if (this.link === "lost" && now - this.#opened > patience) this.#again();
    if (this.link !== "up") return;
    if (Math.max(now - this.#heard, Date.now() - this.#wall) > silence) {
      this.#lose();
      this.#again();
    } else {
      this.now = now + this.#offset;
    }
  };

  #lose(): void {
    this.link = "lost";
    this.levels = null;
  }

  #tell(name: EventName, data: unknown): void { this.#on.get(name)?.forEach((f) => f(data)); }
}

/** What happens when a machine or a page wakes: what stands there may be old. */
const wakes = () => [[document, "visibilitychange"], [document, "resume"], [window, "pageshow"]] as const;

export const live = new Live();
