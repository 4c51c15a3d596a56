// What the status bar says, from one status. Pure: the worst state wins the
// plate, every further fault becomes a sentence of its own.

import type { Output, Status } from "./status";
import { age, bitrate, length, many } from "./words";

export type Plate = "on-air" | "unchecked" | "fallback" | "not-arriving" | "waiting" | "lost";
export type Mark = "well" | "fault" | "unknown";

export interface Step { mark: Mark; detail: string }

export interface Verdict {
  plate: Plate;
  word: string;
  under: string; // in small, below the word
  head: string;
  line: string;
  since?: string; // RFC 3339: since when the fault stands
  faults: { head: string; line: string }[];
  path: { programme: Step; encoder: Step; sending: Step; arriving: Step };
}

/** How long the first connection may take before it counts as a fault. */
const settling = 6;

const trouble = (o: Output) => o.state !== "publishing";

export function judge(s: Status, left: number | null, startsAt: string): Verdict {
  const outputs = s.outputs.length > 0 ? s.outputs : [s.output];
  const down = outputs.find(trouble);
  const unproven = s.arrival.state === "not-proven";
  const young = s.uptime_s < settling && outputs.every((o) => o.attempt <= 1);
  const v: Verdict = {
    plate: "on-air", word: "ON AIR", under: "", head: title(s), line: what(s, left, startsAt), faults: [],
    path: { programme: programme(s), encoder: encoder(s), sending: sending(outputs, young), arriving: arriving(s, down !== undefined) },
  };
  if (s.state === "stopping") return { ...v, plate: "waiting", word: "STOPPING", head: "The channel is being stopped" };
  if (s.state === "starting" || (young && down)) {
    return { ...v, plate: "waiting", word: "STARTING", head: s.state === "starting" ? "The first item is being opened" : v.head };
  }
  if (down) {
    Object.assign(v, { plate: "not-arriving", word: "NOT ARRIVING", since: down.down_since ?? down.since, head: `Nothing reaches ${down.target || down.name}` });
    v.line = reason(down);
    if (s.state === "fallback") v.faults.push(replaced(s));
    return v;
  }
  if (unproven) {
    Object.assign(v, { plate: "not-arriving", word: "NOT ARRIVING", head: `${s.arrival.by || "The server"} does not confirm the stream` });
    v.line = s.arrival.detail || s.arrival.server_status;
    if (s.state === "fallback") v.faults.push(replaced(s));
    return v;
  }
  if (s.state === "fallback") {
    const f = replaced(s);
    return { ...v, plate: "fallback", word: "FALLBACK", head: f.head, line: f.line };
  }
  if (s.arrival.state === "not-checked") return { ...v, plate: "unchecked", under: "arrival not checked" };
  return v;
}

const title = (s: Status) => s.now?.title ?? "Nothing is on air yet";

function what(s: Status, left: number | null, startsAt: string): string {
  const then = s.next ? `then ${s.next.title}${startsAt ? ` at ${startsAt}` : ""}` : "";
  return [left === null ? "" : `${length(Math.ceil(left))} left`, then].filter(Boolean).join(", ");
}

/** What airs in an item's place, and why, as far as the alerts tell. */
function replaced(s: Status): { head: string; line: string } {
  const a = s.alerts[0];
  return { head: s.now ? `Something else airs instead of ${s.now.title}` : "The slate is on air", line: a ? sentence(a.message) : "The item does not deliver." };
}

function reason(o: Output): string {
  const next = o.state === "waiting" && o.retry_in_s > 0 ? `, next try in ${Math.ceil(o.retry_in_s)} s` : "";
  const attempt = o.state === "stopped" ? "The output is stopped" : `Attempt ${Math.max(1, o.attempt)}${next}`;
  return o.last_error ? `${sentence(o.last_error)} ${attempt}.` : `${attempt}.`;
}

/** An error as a sentence: with one full stop, and a capital unless it begins with a name. */
export function sentence(s: string): string {
  s = s.trim();
  if (!s) return "";
  const first = s.split(/\s/, 1)[0]!;
  const named = /[./:_\d]/.test(first.replace(/[.:]$/, ""));
  return (named ? s[0]! : s[0]!.toUpperCase()) + s.slice(1) + (/[.!?…]$/.test(s) ? "" : ".");
}

function programme(s: Status): Step {
  if (s.state === "fallback") return { mark: "fault", detail: "replaced" };
  if (!s.now) return { mark: "unknown", detail: "not yet" };
  return { mark: "well", detail: s.now.playlist };
}

function encoder(s: Status): Step {
  if (s.tick === 0) return { mark: "unknown", detail: "not yet" };
  const slow = s.encoder.speed > 0 && s.encoder.speed < 0.97;
  return { mark: slow ? "fault" : "well", detail: s.encoder.speed > 0 ? `${s.encoder.speed.toFixed(2)}×` : "runs" };
}

function sending(outputs: Output[], young: boolean): Step {
  const down = outputs.find(trouble);
  if (down) return { mark: young ? "unknown" : "fault", detail: down.state };
  const sum = outputs.reduce((n, o) => n + o.bitrate_kbps, 0);
  return { mark: "well", detail: sum > 0 ? bitrate(sum) : many(outputs.length, "output") };
}

function arriving(s: Status, down: boolean): Step {
  switch (s.arrival.state) {
    case "proven": return { mark: "well", detail: `seen ${age(s.arrival.age_s)} ago` };
    case "not-proven": return { mark: "fault", detail: "not confirmed" };
    default: return { mark: "unknown", detail: down ? "not known" : "not checked" };
  }
}
