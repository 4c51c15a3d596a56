import { describe, expect, it } from "vitest";
import { bandOf, found, gathered, linesOf, renewed, rowsOf, type Aired } from "../src/pages/asrun/rows";

const at = (s: number) => new Date(Date.parse("2026-11-22T19:00:00Z") + s * 1000).toISOString();
const row = (from: number, to: number, outcome = "played", more: Partial<Aired> = {}): Aired => ({
  tick: from, start: at(from), end: at(to), planned: null, ticks: to - from, playlist: "main.yml", index: 0, id: "i", source: "one.mp4", title: "One", in_s: 0, out_s: null, mode: "base", outcome, cause: "", ...more,
});

describe("rows of the log", () => {
  it("tell a playlist's planned start at the first that airs of it", () => {
    const planned = at(10), of = { playlist: "news.yml", planned };
    const rows = rowsOf([row(0, 12), row(12, 12, "skipped", of), row(12, 20, "played", of), row(20, 30, "played", of), row(30, 40, "played", { ...of, planned: at(30) })]);
    expect(rows.map((r) => [r.planned > 0, r.late, r.aired])).toEqual([[false, 0, true], [true, 0, false], [true, 2, true], [false, 0, true], [true, 0, true]]);
  });
  it("are found by every word", () => {
    const [r] = rowsOf([row(0, 1, "skipped", { title: "Choir festival", source: "promos/choir.mp4", cause: "no such file" })]);
    expect([found(r!, "choir FILE"), found(r!, "choir gone"), found(r!, "main")]).toEqual([true, false, true]);
  });
  it("of today are told anew from the one on air on", () => {
    const old = [row(0, 10), row(10, 15, "on air")], fresh = [row(0, 10), row(10, 20), row(20, 21, "on air")];
    expect(renewed(old, fresh, Date.parse(at(10)))).toEqual(fresh);
    expect(renewed([], fresh, Date.parse(at(0)))).toEqual(fresh);
  });
});

describe("an item that was held for moments", () => {
  const piece = (from: number, to: number, outcome: string, in_s: number) => row(from, to, outcome, { id: "a", in_s, out_s: in_s + to - from });
  it("is one row", () => {
    const [r, ...more] = rowsOf([piece(0, 10, "played", 0), piece(10, 11, "hold", 10), piece(11, 20, "played", 10), piece(20, 22, "hold", 19), piece(22, 30, "cut", 19)]);
    expect(more).toEqual([]);
    expect([r!.holds, r!.held, r!.outcome, (r!.end - r!.start) / 1000, r!.of.ticks]).toEqual([2, 3, "cut", 30, 30]);
  });
  it("has a row for what held long, and for another airing", () => {
    expect(rowsOf([piece(0, 10, "played", 0), piece(10, 25, "hold", 10), piece(25, 30, "played", 10), piece(30, 40, "played", 0)]).map((r) => r.outcome)).toEqual(["played", "hold", "played", "played"]);
  });
  it("does not take in what begins anew after a hold", () => {
    expect(rowsOf([piece(0, 10, "played", 0), piece(10, 11, "hold", 10), piece(11, 20, "played", 0)]).map((r) => r.holds)).toEqual([1, 0]);
  });
});

it("tells what was skipped on air from what never aired", () => {
  expect(rowsOf([row(0, 18, "skipped"), row(18, 18, "skipped")]).map((r) => [r.outcome, r.look])).toEqual([["skipped", "cut"], ["left out", "bad"]]);
});

describe("the band", () => {
  const rows = rowsOf([row(0, 10), row(10, 20), row(20, 20, "skipped"), row(20, 30, "slate"), row(30, 31, "hold"), row(31, 60), row(90, 100, "off"), row(100, 100, "on air")]);
  it("puts together what looks alike, and has a point for what did not air", () => {
    const { stretches, points } = bandOf(rows);
    expect(stretches.map((s) => [s.look, s.row, s.count])).toEqual([["played", 0, 2], ["standin", 3, 2], ["played", 5, 1], ["off", 6, 1], ["air", 7, 1]]);
    expect(points.map((s) => [s.look, s.row])).toEqual([["bad", 2]]);
  });
  it("gathers points that would lie upon each other", () => {
    const { points } = bandOf(rowsOf([row(0, 0, "skipped"), row(5, 5, "skipped"), row(500, 500, "skipped")]));
    expect(gathered(points, 60e3).map((p) => p.count)).toEqual([2, 1]);
  });
});

it("knows how many lines a cause takes", () => {
  expect([linesOf("short", 400), linesOf("x".repeat(100), 400), linesOf("字".repeat(50), 400)]).toEqual([1, 2, 2]);
});
