// What the status bar says, from one status. Pure: the worst state wins the plate,
// every further fault becomes a sentence of its own.

import type { Type } from "../api/call";
import type { Words } from "../words/words.svelte";
import { age, bitrate, length } from "./time";

type Status = Type<"Status">;
type Output = Type<"Output">;

export type Plate = "on-air" | "unchecked" | "fallback" | "not-arriving" | "waiting" | "lost";
export type Mark = "well" | "fault" | "unknown";

export interface Step { name: string; mark: Mark; detail: string }
export interface Fault { head: string; line: string; output?: string } // output: one that can be told to try now

export interface Verdict {
  plate: Plate;
  word: string;
  under: string; // in small, below the word
  head: string;
  line: string;
  since: number | null; // ms: since when the fault stands
  faults: Fault[];
  path: Step[]; // Programme, Encoder, Sending, Arriving
}

/** What the status does not say by itself. */
export interface Moment {
  now: number; // ms, by the engine's clock
  at: (when: string | number) => string; // a clock time in words
  words: Words;
}

/** How long the first connection may take before it counts as a fault, in seconds. */
const settling = 6;

const outputsOf = (s: Status): Output[] => (s.outputs.length > 0 ? s.outputs : [s.output]).filter((o) => o.name !== "");
const trouble = (o: Output) => o.state !== "publishing";

/** Seconds that are left of what is on air; null where it has no known end. */
export function left(s: Status, at: number, now: number): number | null {
  if (!s.now || s.now.duration_s <= 0) return null;
  return Math.max(0, s.now.duration_s - s.now.position_s - (now - at) / 1000);
}

export function judge(s: Status, at: number, m: Moment): Verdict {
  const outputs = outputsOf(s);
  const down = outputs.find(trouble);
  const w = m.words;
  const young = s.uptime_s < settling && outputs.every((o) => o.attempt <= 1);
  const v: Verdict = {
    plate: "on-air", word: w.plate.onAir, under: "", head: s.now?.title ?? w.bar.nothing, line: what(s, at, m), since: null, faults: [],
    path: [programme(s, w), encoder(s, w), sending(outputs, young, w), arriving(s, down !== undefined, w)],
  };
  if (s.state === "stopping") return { ...v, plate: "waiting", word: w.plate.stopping, head: w.bar.stopping };
  if (s.state === "starting" || (young && down)) {
    return { ...v, plate: "waiting", word: w.plate.starting, head: s.state === "starting" ? w.bar.opening : v.head };
  }
  const faults = [...outputs.filter(trouble).map((o) => unsent(o, w)), ...(down ? [] : unproven(s, w)), ...(s.state === "fallback" ? [replaced(s, w)] : [])];
  const worst = faults[0];
  if (worst) {
    const gone = down !== undefined || s.arrival.state === "not-proven";
    const since = down ? ms(down.down_since ?? down.since) : gone ? null : ms((s.held ?? s.slated)?.since);
    return { ...v, plate: gone ? "not-arriving" : "fallback", word: gone ? w.plate.notArriving : w.plate.fallback, head: worst.head, line: worst.line, since, faults: faults.slice(1) };
  }
  if (s.arrival.state === "not-checked") return { ...v, plate: "unchecked", under: w.plate.notChecked };
  return v;
}

const ms = (t: string | undefined): number | null => (t ? Date.parse(t) : null);

function what(s: Status, at: number, m: Moment): string {
  const l = left(s, at, m.now);
  const then = s.next ? m.words.bar.then(s.next.title, s.next.starts_at ? m.at(s.next.starts_at) : "") : "";
  return [l === null ? "" : m.words.bar.left(length(Math.ceil(l))), then].filter(Boolean).join(", ");
}

/** What airs in an item's place, by whom or why, as far as the status tells. */
function replaced(s: Status, w: Words): Fault {
  if (s.slated) return { head: w.bar.slatedBy(s.slated.by), line: "" };
  if (s.held) return { head: w.bar.heldBy(s.held.by), line: "" };
  const a = s.alerts.find((x) => x.severity === "error") ?? s.alerts[0];
  return { head: s.now ? w.bar.instead(s.now.title) : w.bar.slateInstead, line: a ? sentence(a.message) : w.bar.noAnswer };
}

function unsent(o: Output, w: Words): Fault {
  const wait = o.state === "waiting" ? Math.ceil(o.retry_in_s) : 0;
  const tries = o.state === "stopped" ? w.bar.outputStopped : w.bar.attempt(Math.max(1, o.attempt), wait);
  return { head: w.bar.nothingReaches(o.target || o.name), line: [sentence(o.last_error), tries].filter(Boolean).join(" "), output: o.name };
}

function unproven(s: Status, w: Words): Fault[] {
  if (s.arrival.state !== "not-proven") return [];
  return [{ head: w.bar.unconfirmed(s.arrival.by), line: sentence(s.arrival.detail || s.arrival.server_status) }];
}

/** An error as a sentence: with one full stop, and a capital unless it begins with a name. */
export function sentence(s: string): string {
  s = s.trim();
  if (!s) return "";
  const first = s.split(/\s/, 1)[0]!;
  const named = /[./:_\d]/.test(first.replace(/[.:]$/, ""));
  return (named ? s[0]! : s[0]!.toUpperCase()) + s.slice(1) + (/[.!?…。]$/.test(s) ? "" : ".");
}

function programme(s: Status, w: Words): Step {
  const step = (mark: Mark, detail: string): Step => ({ name: w.path.programme, mark, detail });
  if (s.state === "fallback") return step("fault", w.path.replaced);
  return s.now ? step("well", s.now.playlist) : step("unknown", w.path.notYet);
}

function encoder(s: Status, w: Words): Step {
  const step = (mark: Mark, detail: string): Step => ({ name: w.path.encoder, mark, detail });
  if (s.tick === 0) return step("unknown", w.path.notYet);
  const slow = s.encoder.speed > 0 && s.encoder.speed < 0.97;
  return step(slow ? "fault" : "well", s.encoder.speed > 0 ? `${s.encoder.speed.toFixed(2)}×` : w.path.runs);
}

function sending(outputs: Output[], young: boolean, w: Words): Step {
  const step = (mark: Mark, detail: string): Step => ({ name: w.path.sending, mark, detail });
  const down = outputs.find(trouble);
  if (down) return step(young ? "unknown" : "fault", down.state ? w.path[down.state] : w.path.notYet);
  const sum = outputs.reduce((n, o) => n + o.bitrate_kbps, 0);
  return step("well", sum > 0 ? bitrate(sum) : w.path.outputs(outputs.length));
}

function arriving(s: Status, down: boolean, w: Words): Step {
  const step = (mark: Mark, detail: string): Step => ({ name: w.path.arriving, mark, detail });
  switch (s.arrival.state) {
    case "proven": return step("well", w.path.seen(age(s.arrival.age_s)));
    case "not-proven": return step("fault", w.path.notConfirmed);
    default: return step("unknown", down ? w.path.notKnown : w.path.notChecked);
  }
}
