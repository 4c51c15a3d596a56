// The geometry of line charts over time. What is not known is null, and stays a gap:
// a line is never drawn over it.

export type Figures = readonly (number | null)[];

/** Round steps from 0 or below the least up to above the most: 0, 0.5, 1 or 0, 20, 40. */
export function ticks(least: number, most: number, count: number): number[] {
  if (!(most > least)) most = least + 1;
  const rough = (most - least) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? rough;
  const first = Math.floor(least / step + 1e-9), last = Math.ceil(most / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export interface Box { width: number; height: number; low: number; high: number; count: number } // count: of figures across

export const x = (b: Box, i: number): number => (b.count > 1 ? (i / (b.count - 1)) * b.width : b.width / 2);
export const y = (b: Box, v: number): number => b.height - ((Math.min(b.high, Math.max(b.low, v)) - b.low) / (b.high - b.low)) * b.height;
const r = (n: number): string => String(Math.round(n * 10) / 10);

/** The line as a path; a single figure between gaps is a short stroke, so that it is seen. */
export function line(b: Box, f: Figures): string {
  let d = "";
  for (let i = 0; i < f.length; i++) {
    const v = f[i];
    if (v === null || v === undefined) continue;
    const begins = i === 0 || f[i - 1] === null;
    d += `${begins ? "M" : "L"}${r(x(b, i))} ${r(y(b, v))}`;
    if (begins && (i === f.length - 1 || f[i + 1] === null)) d += "h1";
  }
  return d;
}

/** Bars from the bottom, for what is counted. */
export function bars(b: Box, f: Figures): string {
  const w = Math.max(1, (b.width / Math.max(1, b.count)) * 0.8);
  let d = "";
  f.forEach((v, i) => { if (v) d += `M${r(Math.min(b.width - w, Math.max(0, x(b, i) - w / 2)))} ${r(b.height)}V${r(Math.min(b.height - 1, y(b, v)))}h${r(w)}V${r(b.height)}z`; });
  return d;
}

/** Stretches that are not known, as [from, to] in px. */
export function gaps(b: Box, f: Figures): [number, number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < f.length; i++) {
    if (f[i] !== null) continue;
    let j = i;
    while (j + 1 < f.length && f[j + 1] === null) j++;
    found.push([i === 0 ? 0 : x(b, i - 1), j === f.length - 1 ? b.width : x(b, j + 1)]);
    i = j;
  }
  return found;
}

/** The figure nearest to a place across. */
export const nearest = (b: Box, px: number): number => Math.max(0, Math.min(b.count - 1, Math.round((px / Math.max(1, b.width)) * (b.count - 1))));

export interface Sums { least: number; most: number; mean: number; total: number; last: number | null; unknown: number } // unknown: share

export function sums(f: Figures): Sums | null {
  const known = f.filter((v): v is number => v !== null);
  if (known.length === 0) return null;
  const total = known.reduce((n, v) => n + v, 0);
  return { least: Math.min(...known), most: Math.max(...known), mean: total / known.length, total, last: f.at(-1) ?? null, unknown: 1 - known.length / f.length };
}

/** Moments for the axis: whole hours of the channel's clock, or parts of one, about `count` of them. */
export function times(from: number, to: number, offset: number, count: number): number[] {
  const steps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((m) => m * 60e3);
  const step = steps.find((s) => (to - from) / s <= count) ?? 86400e3;
  const found: number[] = [];
  for (let t = Math.ceil((from + offset) / step) * step - offset; t <= to; t += step) found.push(t);
  return found;
}

/** Fewer rows of the same, for a table: the worst of each stretch as `pick` says. */
export function fewer(f: Figures, rows: number, pick: (known: number[]) => number): (number | null)[] {
  const step = Math.max(1, Math.ceil(f.length / rows));
  const made: (number | null)[] = [];
  for (let i = 0; i < f.length; i += step) {
    const known = f.slice(i, i + step).filter((v): v is number => v !== null);
    made.push(known.length > 0 ? pick(known) : null);
  }
  return made;
}
