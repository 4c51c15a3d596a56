// A sound meter's scale and movement: up at once, down slowly, peaks held a while.

/** dBFS that the scale names, with their place from the top (0) to the bottom (1). */
export const marks = [[0, 0], [-9, 0.194], [-18, 0.403], [-30, 0.657], [-40, 0.821], [-60, 1]] as const;

/** From here up it is loud: programmes peak at -9 dBFS. */
export const loud = -9;

/** Where a level stands, from the top (0) to the bottom (1). */
export function place(db: number): number {
  if (!(db > marks[marks.length - 1]![0])) return 1;
  if (db >= 0) return 0;
  const i = marks.findIndex(([d]) => db > d);
  const [hi, a] = marks[i - 1]!, [lo, b] = marks[i]!;
  return a + ((hi - db) / (hi - lo)) * (b - a);
}

const fall = 24; // dB a second
const hold = 1500; // ms that a peak stands

/** One channel. */
export class Needle {
  level = -100;
  peak = -100;
  #target = -100;
  #peakAt = 0;

  /** A measured peak. */
  hear(db: number, now: number): void {
    this.#target = db;
    if (db >= this.level) this.level = db;
    if (db >= this.peak) { this.peak = db; this.#peakAt = now; }
  }

  /** Goes on by some ms. */
  move(by: number, now: number): void {
    this.level = Math.max(this.#target, this.level - (fall * by) / 1000);
    if (now - this.#peakAt > hold) this.peak = Math.max(this.level, this.peak - (fall * by) / 1000);
  }
}
