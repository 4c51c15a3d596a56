// Rules of starts, as the engine reads them: five fields (minute, hour, day of month,
// month, day of week), or a form such as @daily. Pure: nothing here knows the time.

/** A rule, read. Sets of numbers, each in order. */
export interface Cron {
  minutes: number[];
  hours: number[];
  days: number[];
  months: number[];
  weekdays: number[]; // 0 is Sunday
  anyDay: boolean; // the field begins with *
  anyWeekday: boolean;
  realTime: boolean; // the hour is *, a range or has a step: an hour that airs twice counts twice
}

const names = {
  months: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  weekdays: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};
const forms: Record<string, string> = {
  "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
};

/** The rule; null where it is none. The engine says what is wrong with it. */
export function parseCron(text: string): Cron | null {
  const form = text.trim();
  const fields = (forms[form] ?? form).split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const minutes = field(minute, 0, 59), hours = field(hour, 0, 23), days = field(day, 1, 31);
  const months = field(month, 1, 12, names.months), weekdays = field(weekday, 0, 6, names.weekdays);
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  const any = (f: string) => /(^|,)[*?]/.test(f);
  return { minutes, hours, days, months, weekdays, anyDay: any(day), anyWeekday: any(weekday), realTime: /[^0-9,]/.test(hour) };
}

/** The numbers that a field means; null where it cannot be read. */
function field(text: string, min: number, max: number, named?: string[]): number[] | null {
  const set = new Set<number>();
  const value = (t: string): number => {
    const i = named?.indexOf(t.toLowerCase()) ?? -1;
    return i >= 0 ? min + i : /^\d+$/.test(t) ? Number(t) : NaN;
  };
  for (const part of text.split(",")) {
    const m = /^([*?]|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    if (!m) return null;
    const [, first = "", last, by] = m;
    const star = first === "*" || first === "?";
    if (star && last) return null;
    const step = by === undefined ? 1 : Number(by);
    const low = star ? min : value(first);
    const high = star || (by !== undefined && !last) ? max : last ? value(last) : low;
    if (!(low >= min && high <= max && low <= high && step >= 1 && step <= max)) return null;
    for (let n = low; n <= high; n += step) set.add(n);
  }
  return [...set].sort((a, b) => a - b);
}

/** Whether the rule means a day. Where both day fields say something, either will do. */
export function meansDay(c: Cron, day: string): boolean {
  const d = new Date(`${day}T12:00:00Z`);
  if (!c.months.includes(d.getUTCMonth() + 1)) return false;
  const byDate = c.days.includes(d.getUTCDate()), byWeekday = c.weekdays.includes(d.getUTCDay());
  return c.anyDay || c.anyWeekday ? byDate && byWeekday : byDate || byWeekday;
}

const two = (n: number) => String(n).padStart(2, "0");

/** A rule as the editor has it: on some days, at some times. */
export interface Pattern {
  on: "weekdays" | "date"; // days of the week, or one day of each month
  weekdays: number[]; // 0 is Sunday; all seven: every day
  date: number; // 1 to 31
  times: string[]; // 20:00
}

/** The pattern that a rule is; null where it is more than that. */
export function patternOf(c: Cron): Pattern | null {
  if (c.realTime || c.months.length < 12 || (!c.anyDay && !c.anyWeekday)) return null;
  const times = c.hours.flatMap((h) => c.minutes.map((m) => `${two(h)}:${two(m)}`));
  if (times.length > 6) return null;
  const allDays = c.days.length === 31, allWeekdays = c.weekdays.length === 7;
  if (allDays) return { on: "weekdays", weekdays: c.weekdays, date: 1, times };
  if (allWeekdays && c.days.length === 1) return { on: "date", weekdays: c.weekdays, date: c.days[0]!, times };
  return null;
}

/** A time of day as minutes; NaN where it is none. */
export function minutesOf(time: string): number {
  const m = /^(\d{1,2}):(\d{2})$/.exec(time.trim());
  return m && Number(m[1]) < 24 && Number(m[2]) < 60 ? Number(m[1]) * 60 + Number(m[2]) : NaN;
}

/**
 * The rule of a pattern; "" where no one rule says it: several times have to be all
 * the hours with all the minutes, as a rule knows no pairs.
 */
export function cronOf(p: Pattern): string {
  const at = p.times.map(minutesOf);
  if (at.length === 0 || at.some(Number.isNaN)) return "";
  const unique = (n: number[]) => [...new Set(n)].sort((a, b) => a - b);
  const minutes = unique(at.map((t) => t % 60)), hours = unique(at.map((t) => Math.floor(t / 60)));
  if (minutes.length * hours.length !== unique(at).length) return "";
  if (p.on === "weekdays" && p.weekdays.length === 0) return "";
  const days = p.on === "date" ? String(p.date) : "*";
  const weekdays = p.on === "date" || p.weekdays.length === 7 ? "*" : weekdayField(p.weekdays);
  return `${minutes.join(",")} ${hours.join(",")} ${days} * ${weekdays}`;
}

/** 1-5, 0,6, 1,3,5 */
function weekdayField(days: number[]): string {
  const s = [...days].sort((a, b) => a - b);
  const inRow = s.length > 2 && s.every((n, i) => n === s[0]! + i);
  return inRow ? `${s[0]}-${s.at(-1)}` : s.join(",");
}

/**
 * The rule with one of its times moved by minutes; days follow where it crosses
 * midnight. "" where the rule does not take that: it is to be edited by hand.
 */
export function moved(text: string, time: string, by: number): string {
  const c = parseCron(text), p = c && patternOf(c);
  if (!p || !p.times.includes(time)) return "";
  const to = minutesOf(time) + by, days = Math.floor(to / 1440), at = to - days * 1440;
  const next: Pattern = { ...p, times: p.times.map((t) => (t === time ? `${two(Math.floor(at / 60))}:${two(at % 60)}` : t)) };
  if (days !== 0) {
    if (p.times.length > 1) return "";
    if (p.on === "date") {
      next.date = p.date + days;
      if (next.date < 1 || next.date > 28) return "";
    }
    next.weekdays = p.weekdays.map((d) => (((d + days) % 7) + 7) % 7);
  }
  return cronOf(next);
}
