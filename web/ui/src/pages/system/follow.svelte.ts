// The log as it grows: the latest lines first, then each as it is logged. Lines come
// in handfuls, so that a burst of them is drawn once.

import { get, Problem, type Type } from "../../api/call";
import { appended, prepended, type Line, type LogLine } from "../../lib/logLines";
import { say } from "../../words/words.svelte";

const page = 500;
/** So many lines are kept here at most; who looks back may have more of them. */
const most = 5000, mostBack = 50000;

export type Level = Type<"LogLevel">;

export class Follow {
  lines = $state.raw<Line[]>([]);
  state = $state<"reading" | "ready" | "failed">("reading");
  problem = $state("");
  forbidden = $state(false);
  connected = $state(false);
  older = $state(false); // there may be older ones
  back = false; // somebody looks at older lines: none are dropped
  level: Level = "info";
  search = "";

  #source: EventSource | null = null;
  #ask: AbortController | null = null;
  #fresh: Line[] = [];
  #timer = 0;
  #retry = 0;

  async show(level: Level, search: string): Promise<void> {
    this.stop();
    Object.assign(this, { level, search, state: "reading", problem: "", lines: [], older: false });
    const ask = (this.#ask = new AbortController());
    try {
      const got = await this.#get(undefined, ask.signal);
      this.lines = prepended([], got);
      this.older = got.length === page;
      this.state = "ready";
      this.#listen();
    } catch (e) {
      if (ask.signal.aborted) return;
      this.forbidden = e instanceof Problem && e.status === 403;
      this.problem = e instanceof Problem ? e.message || say().common.away : String(e);
      this.state = "failed";
    }
  }

  /** Asks for lines before the first that is there. */
  async further(): Promise<void> {
    const first = this.lines[0]?.id;
    if (!this.older || first === undefined || !this.#ask) return;
    this.older = false;
    const ask = this.#ask;
    try {
      const got = await this.#get(first, ask.signal);
      this.lines = prepended(this.lines, got);
      this.older = got.length === page;
    } catch { if (!ask.signal.aborted) this.older = true; }
  }

  stop(): void {
    this.#ask?.abort();
    this.#source?.close();
    this.#source = null;
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#retry);
    this.#timer = 0;
    this.#fresh = [];
    this.connected = false;
  }

  #get(before: number | undefined, signal: AbortSignal): Promise<LogLine[]> {
    return get<LogLine[]>("/logs", { level: this.level, search: this.search, limit: page, before }, signal);
  }

  #listen(): void {
    const q = new URLSearchParams({ level: this.level });
    if (this.search) q.set("search", this.search);
    const last = this.lines.at(-1)?.id;
    if (last !== undefined) q.set("last_event_id", String(Math.floor(last)));
    const s = (this.#source = new EventSource(`/api/v1/logs/events?${q}`));
    s.onopen = () => { this.connected = true; };
    s.addEventListener("line", (e) => this.#add(JSON.parse(e.data) as LogLine));
    s.addEventListener("missed", () => this.#add({ id: (this.#fresh.at(-1) ?? this.lines.at(-1) ?? { id: 0 }).id + 0.5, lost: true }));
    s.onerror = () => {
      this.connected = false;
      if (s.readyState !== EventSource.CLOSED || this.#source !== s) return;
      this.#source = null; // refused: the browser does not try again
      this.#retry = window.setTimeout(() => this.#listen(), 2000);
    };
  }

  #add(l: Line): void {
    this.#fresh.push(l);
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0;
      this.lines = appended(this.lines, this.#fresh, this.back ? mostBack : most);
      this.#fresh = [];
    }, 150);
  }
}
