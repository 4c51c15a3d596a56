// A playlist's start as a form: what its file says, what can be changed of it, and
// what it then says. Nothing that is not changed is written anew.

import type { Type } from "../../api/call";
import { cronOf, minutesOf, moved, parseCron, patternOf, type Pattern } from "../../lib/cron";
import { cronWords, type CronWords } from "../../lib/cronWords";
import type { Clock } from "../../lib/time";

export type Schedule = NonNullable<Type<"Document">["schedule"]>;

export interface Form {
  when: "once" | "weekdays" | "date" | "rule";
  day: string; // 2026-10-24, of once
  time: string; // 20:00:00, of once
  weekdays: number[]; // 0 is Sunday
  date: number; // of the month
  times: string; // 20:00, 21:00
  rule: string;
  start: "hard" | "soft";
  softMax: string;
  ends: "items" | "until" | "duration";
  until: string;
  duration: string;
  fill: "cut" | "fit";
  priority: string;
  back: "resume" | "restart";
  late: "begin" | "join";
}

export type Field = "day" | "time" | "weekdays" | "date" | "times" | "rule" | "softMax" | "until" | "duration" | "priority";

const allDays = [0, 1, 2, 3, 4, 5, 6];
const text = (v: string | number | undefined): string => (v === undefined ? "" : typeof v === "number" ? `${v}s` : v);

/** A moment as a file writes it, with or without an offset: the day and time that the channel's clocks show. */
export function momentOf(at: string, clock: Clock): { day: string; time: string } | null {
  const m = /^(\d{4}-\d\d-\d\d)[ Tt](\d{1,2}):(\d\d)(?::(\d\d))?\s*(.*)$/.exec(at.trim());
  if (!m) return null;
  const [, day = "", h = "", min = "", s = "00", offset = ""] = m;
  const time = `${h.padStart(2, "0")}:${min}:${s}`;
  if (!offset) return { day, time };
  const zone = /^[Zz]$/.test(offset) ? "Z" : offset.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hh: string, mm?: string) => `${hh}:${mm ?? "00"}`);
  const t = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(t) ? null : { day: clock.iso(t), time: clock.wall(t) };
}

/** The form of a start; of a new one where there is none yet: once, at that moment. */
export function formOf(s: Schedule | undefined, clock: Clock, at: number): Form {
  const f: Form = {
    when: "once", day: clock.iso(at), time: clock.wall(at), weekdays: allDays, date: Number(clock.iso(at).slice(8)), times: clock.wall(at).slice(0, 5), rule: "",
    start: s?.start ?? "hard", softMax: text(s?.soft_max), ends: s?.until ? "until" : s?.duration !== undefined ? "duration" : "items", until: s?.until ?? "", duration: text(s?.duration),
    fill: s?.fill ?? "cut", priority: String(s?.priority ?? 0), back: s?.return ?? "resume", late: s?.late ?? "begin",
  };
  if (s?.at) return { ...f, ...(momentOf(s.at, clock) ?? {}), rule: "" };
  if (!s?.cron) return { ...f, rule: cronOf({ on: "weekdays", weekdays: allDays, date: 1, times: [f.times] }) };
  return withRule(f, s.cron);
}

/** The form with a rule put in: as days and times where it is no more than that. */
export function withRule(f: Form, rule: string): Form {
  const c = parseCron(rule), p = c && patternOf(c);
  if (!p) return { ...f, when: "rule", rule };
  return { ...f, when: p.on, rule, weekdays: p.weekdays, times: p.times.join(", "), ...(p.on === "date" ? { date: p.date } : {}) };
}

const timesOf = (f: Form): string[] => f.times.split(/[,;，、\s]+/).filter(Boolean);

/** The rule that the form says; "" where it says none. */
export function ruleOf(f: Form): string {
  if (f.when === "once") return "";
  if (f.when === "rule") return f.rule.trim();
  const p: Pattern = { on: f.when, weekdays: f.weekdays, date: f.date, times: timesOf(f) };
  const said = cronOf(p);
  const known = parseCron(f.rule), before = known && patternOf(known);
  return before && said !== "" && cronOf(before) === said ? f.rule : said; // as it was written
}

const isClock = (t: string) => /^\d{1,2}:\d\d(:\d\d)?$/.test(t.trim()) && !Number.isNaN(minutesOf(t.trim().replace(/^(\d{1,2}:\d\d):[0-5]\d$/, "$1")));
const isSpan = (t: string) => /^(\d{1,5}(:[0-5]?\d){1,2}(\.\d+)?|\d+(\.\d+)?|(\d+(\.\d+)?(d|h|ms|m|s))+)$/.test(t.trim()) && !/^[0:.dhms]*$/.test(t.trim());

/** The fields that cannot be as they are. What a rule means is the engine's to say. */
export function faultsOf(f: Form): Field[] {
  const bad: Field[] = [];
  if (f.when === "once") {
    if (Number.isNaN(Date.parse(f.day)) || !/^\d{4}-\d\d-\d\d$/.test(f.day)) bad.push("day");
    if (!isClock(f.time)) bad.push("time");
  } else if (f.when === "rule") {
    if (f.rule.trim() === "") bad.push("rule");
  } else {
    if (f.when === "weekdays" && f.weekdays.length === 0) bad.push("weekdays");
    if (f.when === "date" && !(Number.isInteger(f.date) && f.date >= 1 && f.date <= 31)) bad.push("date");
    if (!bad.length && ruleOf(f) === "") bad.push("times");
  }
  if (f.start === "soft" && f.softMax.trim() && !isSpan(f.softMax)) bad.push("softMax");
  if (f.ends === "until" && !isClock(f.until)) bad.push("until");
  if (f.ends === "duration" && !isSpan(f.duration)) bad.push("duration");
  if (!/^-?\d{1,7}$/.test(f.priority.trim())) bad.push("priority");
  return bad;
}

/** What the file is to say. What it said before stays as it was written where it still holds. */
export function scheduleOf(f: Form, before: Schedule | undefined, clock: Clock): Schedule {
  const s: Schedule = {};
  if (f.when === "once") {
    const was = before?.at ? momentOf(before.at, clock) : null;
    const time = f.time.trim().length <= 5 ? `${f.time.trim().padStart(5, "0")}:00` : f.time.trim().padStart(8, "0");
    s.at = was && was.day === f.day && was.time === time ? before!.at! : `${f.day} ${time.endsWith(":00") ? time.slice(0, 5) : time}`;
  } else s.cron = ruleOf(f);
  const put = <K extends keyof Schedule>(key: K, value: Schedule[K], usual: Schedule[K]) => {
    if (value !== usual || before?.[key] === value) s[key] = value;
  };
  const span = (written: string, was: string | number | undefined) => (text(was) === written.trim() ? was : written.trim());
  put("start", f.start, "hard");
  if (f.start === "soft" && f.softMax.trim()) s.soft_max = span(f.softMax, before?.soft_max)!;
  if (f.ends === "until") s.until = f.until.trim();
  if (f.ends === "duration") s.duration = span(f.duration, before?.duration)!;
  put("priority", Number(f.priority), 0);
  put("return", f.back, "resume");
  if (f.start === "hard") put("fill", f.fill, "cut");
  put("late", f.late, "begin");
  return s;
}

/** The form with its start moved from a moment to another, as clocks show them; null where its rule does not take that. */
export function movedTo(f: Form, clock: Clock, from: number, to: number): Form | null {
  if (f.when === "once") return { ...f, day: clock.iso(to), time: clock.wall(to) };
  const wall = (t: number) => Date.parse(`${clock.iso(t)}T${clock.wall(t)}Z`);
  const minutes = Math.round((wall(to) - wall(from)) / 60e3);
  const rule = moved(ruleOf(f), clock.wall(from).slice(0, 5), minutes);
  return rule === "" ? null : withRule(f, rule);
}

/** What the words of a start need beside the rule's. */
export interface StartWords { cron: CronWords; once: (day: string, time: string) => string }

/** "every weekday at 20:00", "once, 24 October at 20:00", from a rule or moment as written. */
export function whenWords(written: string, w: StartWords, clock: Clock, locale: string): string {
  const m = momentOf(written, clock);
  if (!m) return cronWords(written, w.cron);
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" }).format(Date.parse(`${m.day}T12:00:00Z`));
  return w.once(day, m.time.endsWith(":00") ? m.time.slice(0, 5) : m.time);
}
