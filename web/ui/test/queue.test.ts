import { describe, expect, it } from "vitest";
import { again, nextName, Speed, stateAfter, sum, turn, unanswered, type Sent, type UploadState } from "../src/lib/queue";
import { Turns } from "../src/lib/turns";

const of = (...states: UploadState[]): Sent[] => states.map((state, id) => ({ id, state, bytes: 100, sent: state === "sending" ? 50 : 0 }));

describe("the queue of uploads", () => {
  it("lets three go at once, in their order", () => {
    expect(turn(of("waiting", "waiting", "waiting", "waiting"), 3).map((u) => u.id)).toEqual([0, 1, 2]);
    expect(turn(of("sending", "paused", "away", "waiting", "waiting"), 3).map((u) => u.id)).toEqual([3]);
  });
  it("is not held up by what is checked, paused or needs somebody", () => {
    expect(turn(of("checking", "exists", "full", "refused", "paused", "done", "waiting"), 1).map((u) => u.id)).toEqual([6]);
    expect(turn(of("sending", "sending", "away", "sending", "waiting"), 3)).toEqual([]);
  });
  it("comes to a share and a time left", () => {
    expect(sum(of("sending", "waiting", "checking", "exists", "done"), 50)).toEqual({ going: 2, checking: 1, stuck: 1, share: 0.25, left_s: 3 });
    expect(sum(of("paused"), 0).stuck).toBe(0); // somebody wanted that
    expect(sum(of("paused").map((u) => ({ ...u, gaveUp: true })), 0).stuck).toBe(1); // nobody did
    expect(sum(of("waiting"), 0).left_s).toBeNull();
    expect(sum([], 0)).toEqual({ going: 0, checking: 0, stuck: 0, share: 0, left_s: null });
  });
  it("tries again what may pass by itself, and not what needs somebody", () => {
    expect([0, 408, 423, 429, 500, 502, 503, 504].every((s) => again(s, true) && again(s, false))).toBe(true);
    expect([400, 401, 403, 404, 413, 507].some((s) => again(s, true) || again(s, false))).toBe(false);
    expect([again(409, true), again(409, false)]).toEqual([false, true]); // the name is taken; the offset is another
    expect([409, 507, 401, 503, 400, 413].map(stateAfter)).toEqual(["exists", "full", "paused", "paused", "refused", "refused"]);
  });
  it("takes no answer for an upload that is gone", () => {
    expect([200, 204, 404, 410, 423].some(unanswered)).toBe(false);
    expect([401, 403, 500, 502, 503].every(unanswered)).toBe(true);
  });
  it("names copies as people do", () => {
    expect(["clip.mp4", "clip (2).mp4", "clip (9).mp4", "a.b.ts", "noending", "(2).mp4"].map(nextName))
      .toEqual(["clip (2).mp4", "clip (3).mp4", "clip (10).mp4", "a.b (2).ts", "noending (2)", "(2) (2).mp4"]);
  });
});

describe("speed", () => {
  it("is of the last seconds", () => {
    const s = new Speed(8000);
    for (let t = 0; t <= 60; t++) s.add(t * 1000, t < 30 ? t * 100 : 3000 + (t - 30) * 1000);
    expect(s.rate(60000)).toBeCloseTo(1000, 0);
  });
  it("falls when nothing comes, and is unknown after that", () => {
    const s = new Speed(8000);
    s.add(0, 0);
    s.add(1000, 1000);
    expect(s.rate(1500)).toBe(1000);
    expect(s.rate(4000)).toBeLessThan(400);
    expect(s.rate(9500)).toBe(0);
  });
  it("begins anew where it is sent anew", () => {
    const s = new Speed();
    s.add(0, 0);
    s.add(1000, 5000);
    s.add(2000, 0);
    s.add(3000, 100);
    expect(s.rate(3000)).toBe(100);
  });
});

describe("turns", () => {
  it("are a few at a time, the newest first, and go on when one ends or is given up", () => {
    const turns = new Turns(2);
    const log: string[] = [];
    const done = ["a", "b", "c", "d", "e"].map((n) => turns.take(() => log.push(n)));
    expect(log).toEqual(["a", "b"]);
    done[4]!(); // e gives up before its turn
    done[0]!();
    expect(log).toEqual(["a", "b", "d"]);
    done[0]!(); // ending twice frees nothing
    expect(log).toHaveLength(3);
    done[1]!();
    expect(log).toEqual(["a", "b", "d", "c"]);
  });
});
