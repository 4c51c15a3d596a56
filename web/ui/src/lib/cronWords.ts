// A rule for people: "every weekday at 20:00". What would be long is the rule as
// written. The words are a language's own; the order of thought is the same.

import { parseCron, type Cron } from "./cron";

/** What a language has to say of rules. Lists are joined already. */
export interface CronWords {
  list: (words: string[]) => string;
  weekdayNames: string[]; // from Sunday
  monthNames: string[];
  everyDay: string;
  weekdays: string;
  weekend: string;
  onWeekdays: (names: string) => string;
  weekdayRange: (first: string, last: string) => string; // of four days and more
  date: (n: number) => string; // 1st
  onDates: (dates: string) => string; // of every month
  onDatesOf: (dates: string, months: string) => string;
  onDate: (n: number, month: string) => string; // on 24 December
  inMonths: (days: string, months: string) => string;
  or: (dates: string, weekdays: string) => string;
  at: (times: string) => string;
  daysAt: (days: string, at: string) => string; // "every day" and "at 20:00"
  daysTimes: (days: string, times: string) => string; // "every weekday" and "every 15 minutes"
  everyMinutes: (n: number) => string;
  everyHours: (n: number) => string;
  fromTo: (words: string, from: string, to: string) => string;
  from: (words: string, from: string) => string;
  past: (words: string, minute: number) => string;
  fromPast: (words: string, minute: number) => string;
}

const longest = 72;
const two = (n: number) => String(n).padStart(2, "0");

/** The rule in words, or as it is. */
export function cronWords(text: string, w: CronWords): string {
  const c = parseCron(text);
  if (!c) return text;
  const days = dayWords(c, w), times = timeWords(c, w);
  if (!days || !times) return text;
  let words: string;
  if (times.at) words = w.daysAt(days, times.text);
  else if (days === w.everyDay && !times.bounded) words = times.text;
  else words = w.daysTimes(days, times.text);
  return words.length > longest ? text : words;
}

/** By how much each differs from the one before; 0 where that is not always the same. */
function steps(of: number[]): number {
  if (of.length < 2) return 0;
  const step = of[1]! - of[0]!;
  return of.every((n, i) => n === of[0]! + i * step) ? step : 0;
}

const interval = (of: number[], round: number): number => (steps(of) * of.length === round ? steps(of) : 0);

interface Times { text: string; at: boolean; bounded: boolean }

function timeWords(c: Cron, w: CronWords): Times | null {
  const { hours, minutes } = c;
  const clock = (h: number, m: number) => `${two(h)}:${two(m)}`;
  if (hours.length * minutes.length <= 4) {
    return { text: w.at(w.list(hours.flatMap((h) => minutes.map((m) => clock(h, m))))), at: true, bounded: false };
  }
  const plain = (text: string, bounded = false): Times => ({ text, at: false, bounded });
  if (minutes.length === 1) {
    const every = steps(hours), m = minutes[0]!;
    if (every === 0) return null;
    const words = w.everyHours(every);
    if (interval(hours, 24) === 0) return plain(w.fromTo(words, clock(hours[0]!, m), clock(hours.at(-1)!, m)), true);
    if (hours[0]! > 0) return plain(w.from(words, clock(hours[0]!, m)), true);
    return plain(m > 0 ? w.past(words, m) : words);
  }
  const every = interval(minutes, 60);
  if (every === 0 || steps(hours) !== 1) return null;
  const words = w.everyMinutes(every);
  if (hours.length < 24) return plain(w.fromTo(words, clock(hours[0]!, minutes[0]!), clock(hours.at(-1)!, minutes.at(-1)!)), true);
  return minutes[0]! > 0 ? plain(w.fromPast(words, minutes[0]!), true) : plain(words);
}

function dayWords(c: Cron, w: CronWords): string {
  let byDate = c.days.length < 31, byWeekday = c.weekdays.length < 7;
  const allMonths = c.months.length === 12;
  if (!c.anyDay && !c.anyWeekday) { // either will do
    if (byDate && byWeekday) return allMonths ? w.or(dateWords(c, w), weekdayWords(c, w)) : "";
    byDate = byWeekday = false;
  }
  if (byDate && byWeekday) return "";
  if (byDate) return dateWords(c, w);
  const days = byWeekday ? weekdayWords(c, w) : w.everyDay;
  return allMonths ? days : w.inMonths(days, monthWords(c, w));
}

function dateWords(c: Cron, w: CronWords): string {
  const dates = w.list(c.days.map(w.date));
  if (c.months.length === 12) return w.onDates(dates);
  if (c.days.length === 1 && c.months.length === 1) return w.onDate(c.days[0]!, monthWords(c, w));
  return w.onDatesOf(dates, monthWords(c, w));
}

const monthWords = (c: Cron, w: CronWords) => w.list(c.months.map((m) => w.monthNames[m - 1]!));

function weekdayWords(c: Cron, w: CronWords): string {
  const days = c.weekdays.join("");
  if (days === "12345") return w.weekdays;
  if (days === "06") return w.weekend;
  const fromMonday = [...c.weekdays].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
  const at = fromMonday.map((d) => (d + 6) % 7);
  if (at.length > 3 && at.every((n, i) => n === at[0]! + i)) return w.weekdayRange(w.weekdayNames[fromMonday[0]!]!, w.weekdayNames[fromMonday.at(-1)!]!);
  return w.onWeekdays(w.list(fromMonday.map((d) => w.weekdayNames[d]!)));
}
