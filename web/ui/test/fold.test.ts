import { describe, expect, it } from "vitest";
import type { Type } from "../src/api/call";
import { baseStretches, fold, notesOf, occurrences, settled } from "../src/parts/timeline/fold";
import { joined, type Piece } from "../src/parts/timeline/pieces";

const t0 = Date.parse("2026-11-22T18:00:00Z");
const min = 60e3;
/** A piece from one minute to another. */
function p(from: number, to: number, id: string, more: Partial<Piece> = {}): Piece {
  return { key: `${id}${from}`, start: t0 + from * min, end: t0 + to * min, open: false, clipped: false, id, playlist: "main.yml", index: 0, title: id, source: `${id}.mp4`, inS: 0, mode: "base", planned: 0, cut: false, outcome: "", warnings: [], ...more };
}
const hard = (at: number, playlist: string) => ({ playlist, mode: "hard", planned: t0 + at * min });
const soft = (at: number, playlist: string) => ({ playlist, mode: "soft", planned: t0 + at * min });

describe("folding", () => {
  it("puts short items in a row together, and leaves long ones alone", () => {
    const blocks = fold([p(0, 40, "film"), p(40, 41, "a"), p(41, 43, "b"), p(43, 60, "show"), p(60, 61, "c")], 10 * min);
    expect(blocks.map((b) => [b.kind, b.pieces.map((x) => x.id).join("")])).toEqual([["item", "film"], ["group", "ab"], ["item", "show"], ["item", "c"]]);
    expect([blocks[1]!.start, blocks[1]!.end]).toEqual([t0 + 40 * min, t0 + 43 * min]);
  });
  it("keeps playlists, their starts and gaps apart", () => {
    const blocks = fold([p(0, 1, "a"), p(1, 2, "x", hard(1, "news.yml")), p(2, 3, "x", hard(2, "news.yml")), p(3, 4, "f", { playlist: "", mode: "filler" }), p(4, 5, "s", { playlist: "", mode: "slate" }), p(5, 6, "a")], 10 * min);
    expect(blocks.map((b) => b.kind)).toEqual(["item", "item", "item", "gap", "item"]);
    expect(blocks[3]!.pieces).toHaveLength(2);
  });
  it("puts an item together that the log has in pieces", () => {
    const blocks = fold([p(0, 20, "film", { outcome: "played" }), p(20, 40, "film", { outcome: "cut", cut: true })], 10 * min);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]!.cut).toBe(true);
  });
  it("makes one block of a whole run where nothing is to stand alone", () => {
    expect(fold([p(0, 40, "film"), p(40, 90, "show"), p(90, 91, "a")], Infinity).map((b) => b.pieces.length)).toEqual([3]);
    expect(fold([], 1)).toEqual([]);
  });
});

describe("starts", () => {
  it("are one for each playlist and planned time, over what cuts in", () => {
    const list = occurrences([p(0, 10, "a"), p(12, 20, "n", soft(10, "night.yml")), p(20, 25, "w", hard(20, "weather.yml")), p(25, 60, "n", { ...soft(10, "night.yml"), inS: 480 }), p(60, 70, "w", hard(60, "weather.yml"))]);
    expect(list.map((o) => [o.playlist, (o.planned - t0) / min, (o.start - t0) / min, (o.end - t0) / min, o.stretches.length, o.level])).toEqual([
      ["night.yml", 10, 12, 60, 2, 0], ["weather.yml", 20, 20, 25, 1, 1], ["weather.yml", 60, 60, 70, 1, 0],
    ]);
  });
  it("are past when all of them has aired", () => {
    expect(occurrences([p(0, 5, "a", { ...hard(0, "n.yml"), outcome: "played" }), p(5, 9, "b", { ...hard(0, "n.yml"), outcome: "on air" })])[0]!.past).toBe(false);
    expect(occurrences([p(0, 5, "a", { ...hard(0, "n.yml"), outcome: "played" })])[0]!.past).toBe(true);
  });
});

it("knows where the base waits", () => {
  const list = baseStretches([p(0, 10, "a"), p(10, 20, "x", hard(10, "n.yml")), p(20, 25, "y", hard(20, "m.yml")), p(25, 30, "a", { inS: 600 })]);
  expect(list.map((s) => [s.airs, (s.end - s.start) / min, s.next?.inS])).toEqual([[true, 10, undefined], [false, 15, 600], [true, 5, undefined]]);
});

describe("what to look at", () => {
  it("is what another start cuts, with when the rest airs", () => {
    const notes = notesOf([p(0, 10, "film", { cut: true }), p(10, 20, "news", hard(10, "news.yml")), p(20, 50, "film", { inS: 600 })]);
    expect(notes).toMatchObject([{ kind: "cut", level: "warning", title: "film", seconds: 600, by: "news.yml", again: t0 + 20 * min }]);
  });
  it("is less where a playlist's own time is over", () => {
    const notes = notesOf([p(0, 10, "council", { ...hard(0, "council.yml"), cut: true }), p(10, 20, "film", soft(10, "film.yml"))]);
    expect(notes).toMatchObject([{ kind: "ends", level: "info", title: "council" }]);
  });
  it("is a gap as a whole, and louder where the slate airs", () => {
    const gap = { playlist: "", planned: 0 };
    expect(notesOf([p(0, 2, "f", { ...gap, mode: "filler" }), p(2, 3, "s", { ...gap, mode: "slate" }), p(3, 9, "a")])).toMatchObject([{ kind: "gap", level: "warning", seconds: 180, filler: 120, slate: 60 }]);
    expect(notesOf([p(0, 2, "f", { ...gap, mode: "filler" })])).toMatchObject([{ kind: "gap", level: "info" }]);
  });
  it("says what comes again and again once, and nothing of what is past", () => {
    const w = { warnings: ["gone.mp4 is not there"] };
    expect(notesOf([p(0, 5, "a", w), p(5, 9, "b"), p(9, 12, "a", w)])).toMatchObject([{ kind: "warning", title: "gone.mp4 is not there", times: 2 }]);
    expect(notesOf([p(0, 5, "a", { cut: true, outcome: "cut" }), p(5, 9, "f", { mode: "filler", outcome: "filler" })])).toEqual([]);
  });
  it("does not lie upon each other", () => {
    expect(settled([0, 10, 200], [40, 20, 20])).toEqual([0, 44, 200]);
  });
});

describe("what aired and what will", () => {
  const aired = (from: number, to: number, id: string, outcome: string): Type<"Aired"> => ({
    tick: 0, start: new Date(t0 + from * min).toISOString(), end: new Date(t0 + to * min).toISOString(), planned: null, ticks: 0, playlist: "main.yml", index: 0, id, source: "", title: id, in_s: 0, out_s: null, mode: "base", outcome, cause: "",
  });
  const slot = (from: number, to: number | null, id: string): Type<"Slot"> => ({
    id, start: new Date(t0 + from * min).toISOString(), end: to === null ? null : new Date(t0 + to * min).toISOString(), ticks: null, playlist: "main.yml", index: 0, source: "", title: id, in_s: 300, out_s: null, mode: "base", planned: null, cut: false, warnings: [],
  });
  const short = (list: Piece[]) => list.map((x) => [x.id, (x.start - t0) / min, (x.end - t0) / min, x.outcome]);
  it("are one piece where it is on air", () => {
    const list = joined([aired(-10, 0, "a", "played"), aired(0, 0, "gone", "skipped"), aired(0, 5, "b", "on air")], [slot(5, 20, "b"), slot(20, 30, "c")], t0 - 5 * min, t0 + 25 * min);
    expect(short(list)).toEqual([["a", -5, 0, "played"], ["b", 0, 20, ""], ["c", 20, 25, ""]]);
    expect(list[1]!.inS).toBe(0);
  });
  it("stay apart where the plan has gone on meanwhile", () => {
    expect(short(joined([aired(0, 5, "a", "on air")], [slot(6, 20, "b")], t0, t0 + 30 * min))).toEqual([["a", 0, 6, "on air"], ["b", 6, 20, ""]]);
  });
  it("reach to the edge where no end is in sight", () => {
    const [live] = joined([], [slot(0, null, "cam")], t0, t0 + 30 * min);
    expect([live!.open, live!.end]).toEqual([true, t0 + 30 * min]);
  });
});
