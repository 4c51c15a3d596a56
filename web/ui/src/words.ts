// Times, lengths and sizes in words. Lengths always have three groups, so that
// none is read as a time of day.

const two = (n: number) => String(n).padStart(2, "0");

/** 0:21:42, from seconds; what is left never shows less than nothing. */
export function length(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** "4 s", "0:01:27", "6 d 4 h", from seconds. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 86400) return length(s);
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

export const memory = (n: number) => `${Math.round(n / (1 << 20))} MiB`;

export function bitrate(kbps: number): string {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(2)} Mbit/s` : `${kbps} kbit/s`;
}

export const count = (n: number) => n.toLocaleString("en").replaceAll(",", "\u2009");

/** Plural as in "1 picture", "3 pictures". */
export const many = (n: number, word: string) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

/** Times of day in the channel's zone. */
export class Clock {
  private readonly time: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;
  private readonly short: Intl.DateTimeFormat;
  readonly zone: string;

  constructor(zone: string) {
    const timeZone = usable(zone);
    this.zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.day = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short" });
    this.short = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "short" });
  }

  /** 20:47:31 */
  at(ms: number): string { return this.time.format(ms); }

  /** Sat 24 Oct */
  date(ms: number): string { return this.day.format(ms).replace(",", ""); }

  /** Europe/Berlin, CEST */
  where(ms: number): string {
    const short = this.short.formatToParts(ms).find((p) => p.type === "timeZoneName")?.value ?? this.zone;
    return short === this.zone ? short : `${this.zone}, ${short}`;
  }
}

function usable(zone: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone || undefined;
  } catch {
    return undefined;
  }
}
