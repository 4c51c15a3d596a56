import { describe, expect, it } from "vitest";
import { bars, fewer, gaps, line, nearest, sums, ticks, times, x, y, type Box } from "../src/lib/chart";

const box: Box = { width: 100, height: 50, low: 0, high: 10, count: 5 };

describe("the axis", () => {
  it("has round steps that hold all figures", () => {
    expect(ticks(0, 1, 4)).toEqual([0, 0.5, 1]);
    expect(ticks(0, 97, 4)).toEqual([0, 50, 100]);
    expect(ticks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticks(110, 130, 4)).toEqual([110, 115, 120, 125, 130]);
    expect(ticks(0, 0, 4).length).toBeGreaterThan(1); // all figures alike
    expect(ticks(-3, 4, 4)).toEqual([-4, -2, 0, 2, 4]);
  });
  it("has whole hours of the channel's clock, whatever its distance from UTC", () => {
    const from = Date.parse("2026-10-24T18:10:00Z"), kolkata = 5.5 * 3600e3;
    expect(times(from, from + 6 * 3600e3, 0, 6).map((t) => new Date(t).toISOString().slice(11, 16))).toEqual(["19:00", "20:00", "21:00", "22:00", "23:00", "00:00"]);
    expect(times(from, from + 2 * 3600e3, kolkata, 3).map((t) => new Date(t + kolkata).toISOString().slice(11, 16))).toEqual(["00:00", "01:00"]);
    expect(times(from, from + 24 * 3600e3, 0, 8)).toHaveLength(8);
  });
});

describe("the line", () => {
  it("goes from edge to edge", () => {
    expect([x(box, 0), x(box, 4), y(box, 0), y(box, 10), y(box, 99)]).toEqual([0, 100, 50, 0, 0]);
    expect(line(box, [0, 5, 10, 5, 0])).toBe("M0 50L25 25L50 0L75 25L100 50");
  });
  it("is cut where nothing is known, and a lone figure is still seen", () => {
    expect(line(box, [null, 5, null, 5, 5])).toBe("M25 25h1M75 25L100 25");
    expect(line(box, [null, null])).toBe("");
    expect(gaps(box, [null, 5, null, null, 5])).toEqual([[0, 25], [25, 100]]);
    expect(gaps(box, [null, null, null, null, null])).toEqual([[0, 100]]);
    expect(gaps(box, [1, 2, 3, 4, 5])).toEqual([]);
  });
  it("is bars for what is counted, none for nothing", () => {
    expect(bars(box, [0, 10, null, 0.001, 0])).toBe("M17 50V0h16V50zM67 50V49h16V50z");
  });
  it("finds the figure under the mouse", () => {
    expect([nearest(box, -9), nearest(box, 12), nearest(box, 13), nearest(box, 500)]).toEqual([0, 0, 1, 4]);
  });
});

describe("in words", () => {
  it("sums up what is known", () => {
    expect(sums([null, 1, 3, null])).toEqual({ least: 1, most: 3, mean: 2, total: 4, last: null, unknown: 0.5 });
    expect(sums([null])).toBeNull();
  });
  it("is a table of few rows that hides no peak", () => {
    expect(fewer([1, 9, 2, null, null, null, 3], 3, (k) => Math.max(...k))).toEqual([9, null, 3]);
  });
});
