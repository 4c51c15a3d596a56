import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { at as made, status } from "./status";

/** A stream that the test speaks through. */
class Stream extends EventTarget {
  static CLOSED = 2;
  static open: Stream[] = [];
  static made: string[] = [];
  readyState = 1;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) { super(); Stream.open.push(this); Stream.made.push(url); }
  close() { this.readyState = Stream.CLOSED; Stream.open = Stream.open.filter((s) => s !== this); }
  say(name: string, data: unknown, lastEventId = "") { this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data), lastEventId })); }
  status(at: number, id = "") { this.say("status", { at: new Date(at).toISOString(), status: status() }, id); }
  break(forGood = false) { if (forGood) this.readyState = Stream.CLOSED; this.onerror?.(); }
}

let page: EventTarget;
let live: typeof import("../src/api/live.svelte").live;
const stream = () => { expect(Stream.open).toHaveLength(1); return Stream.open[0]!; };

beforeEach(async () => {
  vi.useFakeTimers({ now: 5000 });
  vi.stubGlobal("window", Object.assign(globalThis, { addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal("document", page = new EventTarget());
  vi.stubGlobal("EventSource", Stream);
  Stream.open = [];
  Stream.made = [];
  vi.resetModules();
  ({ live } = await import("../src/api/live.svelte"));
  live.start();
});
afterEach(() => { live.stop(); vi.useRealTimers(); vi.unstubAllGlobals(); });

it("goes by the engine's clock, not by the browser's", () => {
  expect(live.link).toBe("connecting");
  stream().status(made);
  expect([live.link, live.now]).toEqual(["up", made]);
  vi.advanceTimersByTime(1000);
  expect(live.now).toBe(made + 1000);
  expect(live.until(made + 4000)).toBe(3);
});

it("loses the link after silence, and lets time stand still", () => {
  stream().status(made);
  vi.advanceTimersByTime(3400);
  expect(live.link).toBe("up");
  vi.advanceTimersByTime(400);
  expect(live.link).toBe("lost");
  const stood = live.now;
  vi.advanceTimersByTime(5000);
  expect([live.link, live.now]).toEqual(["lost", stood]);
  expect(live.status?.now?.title, "what was seen last").toBe("One");
});

it("comes back by itself, tells so, and asks for what it missed", () => {
  const back = vi.fn(), rundown = vi.fn();
  live.on("back", back);
  live.on("rundown", rundown);
  stream().status(made, "41");
  vi.advanceTimersByTime(4000);
  expect(live.link).toBe("lost");
  expect(Stream.made.at(-1)).toContain("last_event_id=41");
  stream().say("rundown", {}, "42");
  stream().status(made + 9000, "43");
  expect([live.link, live.now, back.mock.calls.length, rundown.mock.calls.length]).toEqual(["up", made + 9000, 1, 1]);
});

it("knows at once when the stream breaks, and opens a new one where the browser does not", () => {
  stream().status(made);
  stream().break();
  expect(live.link).toBe("lost");
  stream().break(true);
  const refused = Stream.open[0];
  vi.advanceTimersByTime(1100);
  expect(Stream.made).toHaveLength(2);
  refused?.close();
  stream().status(made + 2000);
  expect(live.link).toBe("up");
});

it("tries again where a new stream stays silent", () => {
  stream().status(made);
  vi.advanceTimersByTime(20000);
  expect(Stream.made.length).toBeGreaterThanOrEqual(4);
  stream().status(made + 20000);
  expect(live.link).toBe("up");
});

it("asks for levels for as long as somebody looks", () => {
  stream().status(made);
  const one = live.meter(), two = live.meter();
  expect(Stream.made.at(-1)).toContain("levels=1");
  stream().say("levels", { peak_db: [-12, -13], momentary_lufs: -20, short_lufs: -21, tick: 1 });
  expect(live.levels?.peak_db).toEqual([-12, -13]);
  one();
  expect(live.levels).not.toBeNull();
  two();
  expect(live.levels).toBeNull();
  expect(Stream.made.at(-1)).not.toContain("levels");
  expect(live.link, "what is asked for changes, not the link").toBe("up");
});

it("is closed when nobody is signed in", () => {
  stream().status(made);
  live.stop();
  expect([Stream.open.length, live.status, live.link]).toEqual([0, null, "connecting"]);
  vi.advanceTimersByTime(10000);
  expect(Stream.made).toHaveLength(1);
});

it("goes by statuses, whatever else is said", () => {
  stream().status(made);
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(200);
    stream().say("levels", { peak_db: [-12, -13], momentary_lufs: -20, short_lufs: -21, tick: i });
    stream().say("rundown", {}, `${i}`);
  }
  expect(live.link).toBe("lost");
});

it("shows nothing of before a sleep as new", () => {
  stream().status(made);
  vi.advanceTimersByTime(600);
  const slept = performance.now();
  vi.setSystemTime(Date.now() + 3600_000); // the browser's own time has stood still
  expect(performance.now()).toBe(slept);
  page.dispatchEvent(new Event("visibilitychange"));
  expect([live.link, live.now]).toEqual(["lost", made + 600]);
  stream().status(made + 3600_000);
  expect(live.link).toBe("up");
});

it("says so where no stream comes about at all", () => {
  const refuse = () => { const s = stream(); s.break(true); s.close(); };
  for (let i = 0; i < 3; i++) { refuse(); vi.advanceTimersByTime(1100); }
  expect(live.link).toBe("connecting");
  vi.advanceTimersByTime(500);
  expect(live.link).toBe("lost");
  stream().status(made);
  expect(live.link).toBe("up");
});

it("tells that it is back also after signing in again", () => {
  const back = vi.fn();
  live.on("back", back);
  stream().status(made);
  expect(back).not.toHaveBeenCalled();
  live.stop();
  live.start();
  stream().status(made + 5000);
  stream().status(made + 6000);
  expect(back).toHaveBeenCalledOnce();
});

it("forgets levels that are old", () => {
  stream().status(made);
  live.meter();
  stream().say("levels", { peak_db: [-12, -13], momentary_lufs: -20, short_lufs: -21, tick: 1 });
  vi.advanceTimersByTime(800);
  expect(live.levels).not.toBeNull();
  stream().status(made + 800);
  vi.advanceTimersByTime(600);
  expect([live.levels, live.link]).toEqual([null, "up"]);
});
