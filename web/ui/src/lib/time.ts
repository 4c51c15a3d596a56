// Times, lengths and sizes as people read them. Clock times have a two-digit hour,
// lengths a one-digit one and always three groups, so neither is read as the other.

const two = (n: number) => String(n).padStart(2, "0");

/** 0:21:42, from seconds; what is left never shows less than nothing. */
export function length(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** "4 s", "0:01:27", "6 d 4 h", from seconds; units as the language writes them. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 86400) return length(s);
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

/** 00:01:53:07, with pictures; fps is the house rate, as frames per second. */
export function timecode(seconds: number, fps: number): string {
  const rate = Math.round(fps);
  const frames = Math.max(0, Math.round(seconds * fps));
  const s = Math.floor(frames / rate);
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}:${two(frames % rate)}`;
}

/**
 * Seconds from what someone typed: 83, 83.5, 1:23, 1:23.5, 0:01:23, 00:01:23:12.
 * null where it cannot be one.
 */
export function parseTimecode(text: string, fps: number): number | null {
  const t = text.trim().replace(",", ".");
  if (!/^\d+(:\d{1,2}){0,3}(\.\d+)?$/.test(t)) return null;
  const parts = t.split(":");
  if (parts.length === 4) {
    if (parts[3]!.includes(".")) return null;
    const [h, m, s, f] = parts.map(Number) as [number, number, number, number];
    return m > 59 || s > 59 || f >= Math.round(fps) ? null : h * 3600 + m * 60 + s + f / fps;
  }
  const n = parts.map(Number);
  if (n.slice(1).some((v) => v >= 60)) return null;
  return n.reduce((sum, v) => sum * 60 + v, 0);
}

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

export function bitrate(kbps: number): string {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(2)} Mbit/s` : `${kbps} kbit/s`;
}

export const count = (n: number) => n.toLocaleString("en").replaceAll(",", "\u2009");

/** A stretch of time within which the zone's clocks do not change, as the engine tells it. */
export interface ClockSpan { from: string; to: string; offset_s: number; abbreviation: string }

const quarter = 900e3; // zones change their clocks at full quarters of an hour of UTC
const hour = 3600e3;

/**
 * Times of day in the channel's zone. Moments are ms since 1970, or RFC 3339. What
 * clocks are ahead of UTC is the engine's word where it has told it: a browser's zone
 * data may be of another year. Elsewhere it is the browser's.
 */
export class Clock {
  readonly zone: string;
  readonly #told: { from: number; to: number; offset: number; abbreviation: string }[];
  readonly #browser: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #weekday: Intl.DateTimeFormat;
  readonly #short: Intl.DateTimeFormat;
  readonly #known = new Map<number, number>(); // the browser's offsets, by quarter of an hour

  constructor(zone: string, locale = "en-GB", told: readonly ClockSpan[] = []) {
    const timeZone = usable(zone);
    this.zone = timeZone ?? (told.length > 0 ? zone : Intl.DateTimeFormat().resolvedOptions().timeZone);
    this.#told = told.map((s) => ({ from: Date.parse(s.from), to: Date.parse(s.to), offset: s.offset_s * 1000, abbreviation: s.abbreviation }));
    this.#browser = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.#day = new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
    this.#weekday = new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short" });
    this.#short = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "short" });
  }

  /** 20:47:31; where clocks show that twice, with the zone: 02:30:00 CEST. */
  at(when: number | string): string {
    const t = ms(when);
    return this.isTwice(t) ? `${this.wall(t)} ${this.abbreviation(t)}` : this.wall(t);
  }

  /** 20:47:31, what clocks show and nothing else. */
  wall(when: number | string): string { return this.#shown(when).toISOString().slice(11, 19); }

  /** Sat 24 Oct */
  date(when: number | string): string { return this.#day.format(this.#shown(when)).replace(",", ""); }

  /** 2026-10-24 */
  iso(when: number | string): string { return this.#shown(when).toISOString().slice(0, 10); }

  /** 20:47:31 today, Sun 05:21:08 on another day than `now`; with the zone as `at`. */
  near(when: number | string, now: number): string {
    const t = ms(when);
    if (this.iso(t) === this.iso(now)) return this.at(t);
    const far = Math.abs(t - now) > 6.5 * 86400e3;
    return `${far ? this.date(t) : this.#weekday.format(this.#shown(t))} ${this.at(t)}`;
  }

  /** Whether clocks show this reading twice around that moment. */
  isTwice(when: number): boolean {
    const here = this.offset(when);
    return [-4 * hour, 4 * hour].some((far) => {
      const there = this.offset(when + far);
      return there !== here && this.offset(when + here - there) === there;
    });
  }

  /** CEST */
  abbreviation(when: number | string): string {
    const t = ms(when);
    return this.#span(t)?.abbreviation ?? this.#short.formatToParts(t).find((p) => p.type === "timeZoneName")?.value ?? this.zone;
  }

  /** Europe/Berlin, CEST */
  where(when: number | string): string {
    const short = this.abbreviation(when);
    return short === this.zone ? short : `${this.zone}, ${short}`;
  }

  /** What the zone is ahead of UTC at a moment, in ms. */
  offset(when: number): number { return this.#span(when)?.offset ?? this.#browsers(when); }

  #span(t: number) { return this.#told.find((s) => t >= s.from && t < s.to); }

  /** The moment as one that UTC's clocks show so. */
  #shown(when: number | string): Date {
    const t = ms(when);
    return new Date(t + this.offset(t));
  }

  #browsers(when: number): number {
    const t = Math.floor(when / quarter) * quarter;
    let offset = this.#known.get(t);
    if (offset === undefined) {
      const p = Object.fromEntries(this.#browser.formatToParts(t).map((part) => [part.type, part.value]));
      offset = Date.parse(`${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}:${p.second}Z`) - t;
      if (this.#known.size >= 5000) this.#known.clear();
      this.#known.set(t, offset);
    }
    return offset;
  }

  /** The moment at which a day (2026-10-24) shows a time of day (20:00:00); the first of two, and in a gap what comes after it. */
  moment(day: string, time = "00:00:00"): number {
    const wall = Date.parse(`${day}T${time}Z`);
    const near = [this.offset(wall - 86400e3), this.offset(wall + 86400e3)];
    const fit = near.map((o) => wall - o).filter((t) => this.offset(t) === wall - t);
    return fit.length > 0 ? Math.min(...fit) : wall - Math.min(...near);
  }
}

const ms = (when: number | string): number => (typeof when === "number" ? when : Date.parse(when));

function usable(zone: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone || undefined;
  } catch {
    return undefined;
  }
}
