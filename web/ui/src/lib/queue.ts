// What there is to decide about uploads: whose turn it is, how fast they are, what
// all of them come to. Pure, so that it can be tried without a network.

/**
 * waiting: for its turn. away: the link is cut, goes on by itself. checking: all has
 * arrived, the engine looks at it. exists: a file of that name is there. full: the
 * disk is.
 */
export type UploadState = "waiting" | "sending" | "away" | "paused" | "checking" | "done" | "refused" | "exists" | "full";

export interface Sent { id: number | string; state: UploadState; bytes: number; sent: number; gaveUp?: boolean }

const going: readonly UploadState[] = ["sending", "away"];
const stuck: readonly UploadState[] = ["refused", "exists", "full"];

/** Whose turn it is now, in the order of the list. */
export function turn<T extends Sent>(all: readonly T[], atOnce: number): T[] {
  const free = atOnce - all.filter((u) => going.includes(u.state)).length;
  return all.filter((u) => u.state === "waiting").slice(0, Math.max(0, free));
}

/** Is a request worth another try, by its answer? 0: there was none. A 409 is of the offset, unless it was to be a new file. */
export const again = (status: number, creating: boolean): boolean =>
  status === 0 || status === 408 || status === 423 || status === 429 || (status >= 500 && status !== 507) || (status === 409 && !creating);

/** What becomes of an upload that is not tried again. */
export const stateAfter = (status: number): UploadState =>
  status === 409 ? "exists" : status === 507 ? "full" : status === 0 || status === 401 || status >= 500 ? "paused" : "refused";

/** An upload that cannot be asked after is only gone where the engine says so. */
export const unanswered = (status: number): boolean => status >= 300 && status !== 404 && status !== 410 && status !== 423;

export interface Sum {
  going: number; // on their way or waiting for it
  checking: number;
  stuck: number; // need somebody
  share: number; // 0 to 1, of the bytes of all that go
  left_s: number | null;
}

/** What all uploads come to; `rate` is of all of them together, in bytes/s. */
export function sum(all: readonly Sent[], rate: number): Sum {
  const on = all.filter((u) => going.includes(u.state) || u.state === "waiting");
  const bytes = on.reduce((n, u) => n + u.bytes, 0), sent = on.reduce((n, u) => n + u.sent, 0);
  return {
    going: on.length,
    checking: all.filter((u) => u.state === "checking").length,
    stuck: all.filter((u) => stuck.includes(u.state) || (u.state === "paused" && u.gaveUp === true)).length,
    share: bytes > 0 ? sent / bytes : 0,
    left_s: rate > 0 && on.length > 0 ? (bytes - sent) / rate : null,
  };
}

/** How fast something grows, from its last few seconds. */
export class Speed {
  #past: { at: number; bytes: number }[] = [];

  constructor(private readonly over = 8000) {}

  add(at: number, bytes: number): void {
    const last = this.#past.at(-1);
    if (last && bytes < last.bytes) this.#past = []; // begun anew
    if (last && at - last.at < 100 && this.#past.length > 1) { last.bytes = bytes; return; }
    this.#past.push({ at, bytes });
    // One from before the span stays, so that slow ones have a speed, too.
    while (this.#past.length > 2 && this.#past[1]!.at < at - this.over) this.#past.shift();
  }

  /** Bytes/s; 0 while it is not known, and when nothing has come for long. */
  rate(now: number): number {
    const first = this.#past[0], last = this.#past.at(-1);
    if (!first || !last || last.at <= first.at || now - last.at > this.over) return 0;
    return ((last.bytes - first.bytes) * 1000) / (Math.max(now - 1000, last.at) - first.at);
  }

  reset(): void { this.#past = []; }
}

/** The name of a copy: "clip.mp4" gives "clip (2).mp4", and that "clip (3).mp4". */
export function nextName(name: string): string {
  const [, stem = "", n, ending = ""] = /^(.*?)(?: \((\d+)\))?(\.[^.]*)?$/s.exec(name) ?? [];
  return `${stem} (${n ? Number(n) + 1 : 2})${ending}`;
}

/** Hidden files and what systems leave lying in folders; nobody means to upload them. */
export const litter = (name: string): boolean => /^\.|^(thumbs\.db|desktop\.ini)$/i.test(name);
