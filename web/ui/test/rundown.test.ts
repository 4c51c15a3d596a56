import { describe, expect, it } from "vitest";
import { clockTime, keyed, lineAt, lines, others, span, takeable, toLookAt, type Entry, type Line, type Row } from "../src/pages/onair/rundown";
import { alert } from "./status";

const zero = Date.parse("2026-10-24T18:00:00Z");
const iso = (s: number) => new Date(zero + s * 1000).toISOString();
/** An entry from a second on, for some seconds. */
function entry(id: string, from: number, seconds: number, e: Partial<Entry> = {}): Entry {
  return {
    id, start: iso(from), end: iso(from + seconds), ticks: seconds * 25, playlist: "main.yml", index: 0, source: `${id}.mp4`, title: id, in_s: 0, out_s: seconds, mode: "base",
    on_air: from === 0, planned: null, cut: false, plays: true, warnings: [], ...e,
  };
}
const hard = { playlist: "council.yml", mode: "hard", planned: iso(100) };
const evening: Entry[] = [
  entry("film", 0, 80),
  entry("doc", 80, 20, { cut: true, out_s: 20 }),
  entry("sitting", 100, 50, hard),
  entry("filler", 150, 10, { playlist: "", mode: "filler" }),
  entry("ident", 160, 5, { playlist: "late.yml", mode: "soft", planned: iso(155) }),
  entry("doc", 165, 60, { in_s: 20, out_s: 80 }),
  entry("gone", 225, 0, { plays: false, in_s: null, out_s: null, warnings: ["gone.mp4 is not there"] }),
  entry("film", 225, 80),
];
let n = 0;
const rows = (e: Entry[], before: Row[] = []) => keyed(before, e, () => n++);
const shape = (l: Line[]) => l.map((x) => (x.kind === "section" ? `-- ${x.section.kind} ${x.section.playlist}` : x.entry.id));

describe("sections", () => {
  it("begin where another playlist takes over, and where the base goes on", () => {
    const all = lines(rows(evening), []);
    expect(shape(all)).toEqual(["film", "doc", "-- hard council.yml", "sitting", "filler", "-- soft late.yml", "ident", "-- on-again main.yml", "doc", "gone", "film"]);
  });

  it("say until when, and what was planned where it is late", () => {
    const s = lines(rows(evening), []).flatMap((l) => (l.kind === "section" ? [l.section] : []));
    expect(s[0]).toMatchObject({ at: iso(100), until: iso(160), planned: null });
    expect(s[1]).toMatchObject({ at: iso(160), planned: iso(155), until: iso(165) });
    expect(s[2]).toMatchObject({ until: null });
  });

  it("tell what is on air where that is not the base", () => {
    expect(shape(lines(rows(evening.slice(2)), []))[0]).toBe("-- on council.yml");
    expect(lines(rows([]), [])).toEqual([]);
  });

  it("tell one start of a playlist from the next", () => {
    const twice = [entry("a", 0, 10), entry("s", 10, 10, { ...hard, planned: iso(10) }), entry("s", 20, 10, { ...hard, planned: iso(20) })];
    expect(shape(lines(rows(twice), []))).toEqual(["a", "-- hard council.yml", "s", "-- hard council.yml", "s"]);
  });
});

describe("cuts", () => {
  const cutOf = (e: Entry[], i: number) => { const l = lines(rows(e), []).filter((x) => x.kind === "entry")[i]!; return l.kind === "entry" ? l.cut : null; };

  it("say by what, and when the rest airs", () => {
    expect(cutOf(evening, 1)).toEqual({ at: iso(100), by: "hard", playlist: "council.yml", rest: iso(165) });
    expect(cutOf(evening, 0)).toBeNull();
  });

  it("say that a playlist's own time is over", () => {
    expect(cutOf([entry("s", 0, 10, { ...hard, cut: true }), entry("film", 10, 10)], 0)).toMatchObject({ by: "time", playlist: "council.yml", rest: null });
    expect(cutOf([entry("s", 0, 10, { cut: true })], 0)).toMatchObject({ by: "unknown" });
  });

  it("tell up to when a filler fills", () => {
    const f = lines(rows([entry("a", 0, 10), entry("f", 10, 5, { playlist: "", mode: "filler" }), entry("f", 15, 5, { playlist: "", mode: "filler" }), entry("s", 20, 10, hard)]), []);
    expect(f.flatMap((l) => (l.kind === "entry" ? [l.fills] : []))).toEqual([null, iso(20), iso(20), null]);
  });
});

describe("keys", () => {
  it("stay when the rundown moves on", () => {
    const before = rows(evening);
    const after = rows(evening.slice(1), before);
    expect(after.map((r) => r.key)).toEqual(before.slice(1).map((r) => r.key));
  });

  it("stay when times shift, and when something is taken in between", () => {
    const before = rows(evening);
    const moved = evening.map((e, i) => (i === 0 ? e : { ...e, start: new Date(Date.parse(e.start) + 7000).toISOString(), end: new Date(Date.parse(e.end!) + 7000).toISOString() }));
    const after = rows([moved[0]!, entry("new", 80, 7), ...moved.slice(1)], before);
    expect(after.map((r) => r.key).filter((_, i) => i !== 1)).toEqual(before.map((r) => r.key));
    expect(before.map((r) => r.key)).not.toContain(after[1]!.key);
  });

  it("tell one airing of an item from the next", () => {
    expect(new Set(rows(evening).map((r) => r.key)).size).toBe(evening.length);
  });
});

describe("alerts", () => {
  const of = (item_id: string, code = "item-failed") => alert({ code, item_id, playlist: "main.yml" });

  it("stand at the first airing of their item, the others apart", () => {
    const all = [of("film"), of("elsewhere"), of("", "playlist"), of("", "output-down")];
    const l = lines(rows(evening), all);
    expect(l.flatMap((x, i) => (x.kind === "entry" && x.alerts.length > 0 ? [i] : []))).toEqual([0]);
    expect(others(l, all).map((a) => a.code)).toEqual(["item-failed", "playlist"]);
  });

  it("are counted with what needs a look", () => {
    expect(toLookAt(lines(rows(evening), []))).toBe(2);
    expect(toLookAt(lines(rows(evening), [of("film")]))).toBe(3);
  });
});

it("knows what can be taken", () => {
  expect(evening.map(takeable)).toEqual([true, true, true, false, true, true, false, true]);
});

it("finds what airs at a time", () => {
  const l = lines(rows(evening), []);
  const at = (s: number) => { const x = l[lineAt(l, zero + s * 1000)]; return x?.kind === "entry" ? x.entry.id : undefined; };
  expect([at(0), at(79), at(80), at(151), at(226), at(999)]).toEqual(["film", "film", "doc", "filler", "film", undefined]);
  expect(span(rows(evening))).toBe(305);
});

it("reads times of day as they are typed", () => {
  expect(["20", "20:00", "2000", "9:05", "20:00:30", "200030", "20：15"].map(clockTime)).toEqual(["20:00:00", "20:00:00", "20:00:00", "09:05:00", "20:00:30", "20:00:30", "20:15:00"]);
  expect(["", "24:00", "20:60", "evening", "1:2:3:4"].map(clockTime)).toEqual([null, null, null, null, null]);
});
