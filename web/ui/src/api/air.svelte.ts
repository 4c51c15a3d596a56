// Commands to the air: each is answered once it has taken effect, and what anybody
// has commanded last is told to everybody, with the time to undo it.

import { away, part, post, Problem, type Type } from "./call";
import { person } from "../lib/air";
import { live } from "./live.svelte";
import { session } from "./session.svelte";
import { say } from "../words/words.svelte";

export const told = ["take", "next", "skip", "back", "restart", "undo", "holdOn", "holdOff", "slateOn", "slateOff", "start", "stop", "liveOn", "liveOff"] as const;
export type Told = (typeof told)[number];

/** What came of a command. */
export interface Said {
  what: Told | "";
  title: string; // of the item, or the output's name
  by: string; // "" oneself
  at: number; // ms
  until: number | null; // ms: how long it can be undone
  fault: string; // in words; "" it took effect
  words: string; // the engine's own, for what we have no words for
}

type Answer = Type<"Answer">;
interface CommandEvent { who: string; via: string; what: string; said: string; item: { title: string } | null; at: string; undo_until: string | null }

/** No answer for so long is a fault in words. */
const slow = 3000;
/** How long a command may take altogether. */
const patience = 20000;

class Air {
  said = $state.raw<Said | null>(null);
  busy = $state(0);
  #mine: { what: Told; at: number }[] = [];

  constructor() {
    live.on<CommandEvent>("command", (e) => this.#heard(e));
  }

  /** Why one may not, in words; "" one may. */
  get locked(): string {
    if (live.link !== "up") return say().press.noLink;
    return session.may("operator") ? "" : say().press.notAllowed(say().user.roles.operator);
  }

  take = (i: { id: string; playlist: string; title: string }) => this.#run("take", "/take", { playlist: i.playlist, item: i.id }, i.title);
  next = (i: { id: string; playlist: string; title: string }) => this.#run("next", "/take", { playlist: i.playlist, item: i.id, next: true }, i.title);
  skip = (item: string) => this.#run("skip", "/skip", meant(item));
  back = (item: string) => this.#run("back", "/back", meant(item));
  restart = (item: string) => this.#run("restart", "/restart", meant(item));
  /** Takes back what is told of, and nothing that came after it. */
  undo = () => this.#run("undo", "/undo", this.said?.until ? { until: new Date(this.said.until).toISOString() } : {});
  hold = (on: boolean) => this.#run(on ? "holdOn" : "holdOff", "/hold", { on });
  slate = (on: boolean) => this.#run(on ? "slateOn" : "slateOff", "/slate", { on });
  start = (output: string) => this.#run("start", `/output/${part(output)}/start`, {}, output);
  stop = (output: string) => this.#run("stop", `/output/${part(output)}/stop`, {}, output);

  live = (producer: string, on: boolean) => this.#run(on ? "liveOn" : "liveOff", "/live", { producer, on }, producer);

  async #run(what: Told, path: string, body: object, title = ""): Promise<void> {
    if (this.locked) return;
    const mine = { what, at: performance.now() };
    this.#mine.push(mine);
    this.busy++;
    const say3 = window.setTimeout(() => this.#tell(what, { title, fault: say().onair.late }), slow);
    try {
      const a = await post<Answer>(`/commands${path}`, body, { within: patience });
      this.#tell(what, { title: a.item?.title ?? title, at: a.since ? Date.parse(a.since) : live.now, until: a.undo_until ? Date.parse(a.undo_until) : null, words: a.said });
    } catch (e) {
      this.#tell(what, { title, fault: away(e) ? say().onair.late : e instanceof Problem ? e.message : String(e) });
    } finally {
      window.clearTimeout(say3);
      this.busy--;
      mine.at = performance.now();
      window.setTimeout(() => this.#mine.splice(this.#mine.indexOf(mine), 1), 2500);
    }
  }

  #tell(what: Told | "", s: Partial<Said>): void {
    this.said = { what, title: "", by: "", at: live.now, until: null, fault: "", words: "", ...s };
  }

  /** Somebody's command took effect; one's own has been answered already. */
  #heard(e: CommandEvent): void {
    const what = named(e.what);
    const own = session.me?.name ?? "";
    if (e.who === own && this.#mine.some((m) => m.what === what)) return;
    this.#tell(what, { title: e.item?.title ?? meantBy(e.what), by: person(e.who, say().bar.somebodyHere), at: Date.parse(e.at), until: e.undo_until ? Date.parse(e.undo_until) : null, words: e.said });
  }
}

/** The item that is meant to be on air; where it is not any more, the engine refuses. */
const meant = (item: string): object => (item ? { item } : {});

/** Which command it was, from its words; "" for one that we have no words for. */
export function named(what: string): Told | "" {
  const [first = "", second = ""] = what.split(" ");
  if (first === "take") return what.endsWith(" next") ? "next" : "take";
  if (first === "hold" || first === "slate") return `${first}${second === "on" ? "On" : "Off"}`;
  if (first === "live") return what.endsWith(" off") ? "liveOff" : "liveOn";
  if (first === "output") return second === "stop" ? "stop" : "start";
  return told.find((t) => t === first) ?? "";
}

/** The output or the producer that a command names; "" where it names none. */
export const meantBy = (what: string): string => /^output \w+ (.*)$/.exec(what)?.[1] ?? /^live (.*?)(?: on| off)?$/.exec(what)?.[1] ?? "";

/** It as a sentence. `at` writes a clock time. */
export function sentenceOf(s: Said, at: (ms: number) => string): string {
  const w = say().onair.told;
  if (s.fault) return s.fault;
  return s.what ? w[s.what](s.title, at(s.at), s.by) : s.words;
}

export const air = new Air();
