// What the status bar says, from one status. Pure: the worst state wins the plate,
// every further fault becomes a sentence of its own.

import type { Type } from "../api/call";
import type { Words } from "../words/words.svelte";
import { following, left, outputsOf, partly, person, sends, serverName, standIn, troubled } from "./air";
import { age, bitrate, length } from "./time";

type Status = Type<"Status">;
type Output = Type<"Output">;

export type Plate = "on-air" | "unchecked" | "fallback" | "not-arriving" | "waiting" | "lost";
export type Mark = "well" | "fault" | "unknown";

export interface Step { name: string; mark: Mark; detail: string }
/** What an operator can do about a fault at once. */
export type Act = { do: "try" | "start"; output: string } | { do: "skip" | "unhold" | "unslate" };
export interface Fault { head: string; line: string; act?: Act }

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

export function judge(s: Status, at: number, m: Moment): Verdict {
  const outputs = outputsOf(s);
  const [down, ...further] = troubled(outputs);
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
  if (down) {
    return { ...v, ...gone(w), ...(partly(outputs) ? { word: w.plate.partly } : {}), head: w.bar.nothingReaches(down.target || down.name), line: sentence(down.last_error) || tries(down, w), since: ms(down.down_since ?? down.since), faults: [remedy(down, w), ...further.map((o) => unsent(o, w)), ...replaced(s, m)] };
  }
  if (s.arrival.state === "not-proven") {
    const line = sentence(s.arrival.detail || s.arrival.server_status);
    return { ...v, ...gone(w), head: w.bar.unconfirmed(serverName(s.arrival.by, "")), line, since: s.arrival.age_s > 0 ? at - s.arrival.age_s * 1000 : null, faults: [{ head: w.bar.isSent, line: w.bar.lookThere }, ...replaced(s, m)] };
  }
  if (standIn(s)) {
    const [worst, ...more] = replaced(s, m);
    return { ...v, plate: "fallback", word: w.plate.fallback, head: worst!.head, line: worst!.line, since: standIn(s)?.since ?? null, faults: [helps(s, at, worst!, m), ...more] };
  }
  if (s.arrival.state === "not-checked") return { ...v, plate: "unchecked", under: w.plate.notChecked };
  return v;
}

const ms = (t: string | undefined): number | null => (t ? Date.parse(t) : null);

const gone = (w: Words) => ({ plate: "not-arriving" as const, word: w.plate.notArriving });

function what(s: Status, at: number, m: Moment): string {
  const l = left(s, at, m.now);
  const n = following(s, at);
  const then = n ? m.words.bar.then(n.title, n.at ? m.at(n.at) : "") : "";
  return [l === null ? "" : m.words.bar.left(length(Math.ceil(l))), then].filter(Boolean).join(m.words.bar.and);
}

/** What airs in an item's place, by whom or why, as far as the status tells. */
function replaced(s: Status, m: Moment): Fault[] {
  const w = m.words.bar, i = standIn(s);
  if (!i) return [];
  if (s.slated) return [{ head: capital(w.slatedBy(person(s.slated.by, w.somebodyHere))), line: w.waits, act: { do: "unslate" } }];
  if (s.held) return [{ head: capital(w.heldBy(person(s.held.by, w.somebodyHere))), line: w.waits, act: { do: "unhold" } }];
  const a = s.alerts.find((x) => x.item_id !== "" && x.item_id === s.now?.id) ?? s.alerts.find((x) => x.code === i.kind) ?? s.alerts.find((x) => x.severity === "error");
  return [{ head: s.now ? w.instead[i.kind](s.now.title) : w.alone[i.kind], line: a ? sentence(a.message) : w.noAnswer, ...(s.now ? { act: { do: "skip" as const } } : {}) }];
}

/** What to do about what airs in the item's place, where the bar has said the rest. */
function helps(s: Status, at: number, f: Fault, m: Moment): Fault {
  const next = following(s, at)?.title ?? "";
  return f.act?.do === "skip" ? { head: m.words.bar.waitedFor, line: next ? m.words.bar.skipTo(next) : "", act: f.act } : { ...f, head: s.now || f.act ? m.words.bar.standsStill : m.words.bar.nothingPlanned, line: s.now ? m.words.bar.goesOnWith(s.now.title) : f.act ? "" : m.words.bar.planSomething };
}

const tries = (o: Output, w: Words): string =>
  o.state === "stopped" ? w.bar.outputStopped : w.bar.attempt(Math.max(1, o.attempt), o.state === "waiting" ? Math.ceil(o.retry_in_s) : 0);

const actOf = (o: Output): { act?: Act } => (o.state === "waiting" ? { act: { do: "try", output: o.name } } : o.state === "stopped" ? { act: { do: "start", output: o.name } } : {});

/** What is being done about the output that the bar names, and what can be. */
function remedy(o: Output, w: Words): Fault {
  return { head: tries(o, w).replace(/[.。]$/, ""), line: o.state === "stopped" ? w.bar.startIt : w.bar.network, ...actOf(o) };
}

function unsent(o: Output, w: Words): Fault {
  return { head: w.bar.nothingReaches(o.target || o.name), line: [sentence(o.last_error), tries(o, w)].filter(Boolean).join(" "), ...actOf(o) };
}

const capital = (s: string): string => s.slice(0, 1).toUpperCase() + s.slice(1);

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
  outputs = outputs.filter(sends);
  const [down] = troubled(outputs);
  if (down) return step(young ? "unknown" : "fault", down.state ? w.path[down.state] : w.path.notYet);
  const sum = outputs.reduce((n, o) => n + o.bitrate_kbps, 0);
  const stopped = outputs.filter((o) => o.state === "stopped").length;
  return step("well", stopped > 0 ? w.path.someOutputs(outputs.length - stopped, outputs.length) : sum > 0 ? bitrate(sum) : w.path.outputs(outputs.length));
}

function arriving(s: Status, down: boolean, w: Words): Step {
  const step = (mark: Mark, detail: string): Step => ({ name: w.path.arriving, mark, detail });
  switch (s.arrival.state) {
    case "proven": return step("well", w.path.seen(age(s.arrival.age_s)));
    case "not-proven": return step("fault", w.path.notConfirmed);
    default: return step("unknown", down ? w.path.notKnown : w.path.notChecked);
  }
}
