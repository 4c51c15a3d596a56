import { describe, expect, it } from "vitest";
import { Clock } from "../src/lib/time";
import { addDays, changesIn, dayOf, linesOf, momentAt, mondayOf, spanOf, stamp, weekOf } from "../src/parts/timeline/axis";

const berlin = new Clock("Europe/Berlin");
const howe = new Clock("Australia/Lord_Howe");
const hour = 3600e3;
const at = (text: string) => Date.parse(text);
const hours = (clock: Clock, day: string) => { const s = spanOf(clock, day); return (s.to - s.from) / hour; };

describe("a channel's day", () => {
  it("begins at six, so that the night belongs to the day before", () => {
    expect(dayOf(berlin, at("2026-11-21T05:30:00Z"))).toBe("2026-11-21");
    expect(dayOf(berlin, at("2026-11-21T04:59:59Z"))).toBe("2026-11-20");
    expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
    expect(mondayOf("2026-11-22")).toBe("2026-11-16");
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
  });
  it("is as long as it is", () => {
    expect([hours(berlin, "2026-11-21"), hours(berlin, "2026-03-28"), hours(berlin, "2026-10-24")]).toEqual([24, 23, 25]);
    expect([hours(howe, "2026-10-03"), hours(howe, "2026-04-04")]).toEqual([23.5, 24.5]);
  });
  it("knows when clocks change", () => {
    expect(changesIn(berlin, spanOf(berlin, "2026-11-21"))).toEqual([]);
    expect(changesIn(berlin, spanOf(berlin, "2026-03-28"))).toEqual([{ at: at("2026-03-29T01:00:00Z"), by: hour }]);
    expect(changesIn(berlin, spanOf(berlin, "2026-10-24"))).toEqual([{ at: at("2026-10-25T01:00:00Z"), by: -hour }]);
    expect(changesIn(howe, spanOf(howe, "2026-10-03"))).toEqual([{ at: at("2026-10-03T15:30:00Z"), by: hour / 2 }]);
    expect(changesIn(howe, spanOf(howe, "2026-04-04"))).toEqual([{ at: at("2026-04-04T15:00:00Z"), by: -hour / 2 }]);
  });
});

describe("a time that clocks show twice", () => {
  it("carries the zone both times, and no other does", () => {
    expect(stamp(berlin, at("2026-10-25T00:30:00Z"))).toBe("02:30:00 CEST");
    expect(stamp(berlin, at("2026-10-25T01:30:00Z"))).toBe("02:30:00 CET");
    expect(stamp(berlin, at("2026-10-25T01:30:00Z"), false)).toBe("02:30 CET");
    expect(stamp(berlin, at("2026-10-24T23:59:59Z"))).toBe("01:59:59");
    expect(stamp(berlin, at("2026-10-25T02:00:00Z"))).toBe("03:00:00");
    expect(stamp(berlin, at("2026-03-29T01:00:00Z"))).toBe("03:00:00");
  });
  it("is half an hour on Lord Howe", () => {
    expect([at("2026-04-04T14:29:59Z"), at("2026-04-04T14:30:00Z"), at("2026-04-04T15:29:59Z"), at("2026-04-04T15:30:00Z")].map((t) => howe.isTwice(t)))
      .toEqual([false, true, true, false]);
  });
});

describe("the axis of a day", () => {
  const texts = (clock: Clock, day: string) => linesOf(clock, spanOf(clock, day)).map((l) => `${l.text} ${l.zone}`.trim());
  it("has every hour once on a plain day", () => {
    const t = texts(berlin, "2026-11-21");
    expect(t).toHaveLength(24);
    expect([t[0], t[18], t[23]]).toEqual(["06:00", "00:00", "05:00"]);
  });
  it("has 02:00 twice when clocks go back, and not when they go on", () => {
    expect(texts(berlin, "2026-10-24").slice(19, 23)).toEqual(["01:00", "02:00 CEST", "02:00 CET", "03:00"]);
    expect(texts(berlin, "2026-10-24")).toHaveLength(25);
    expect(texts(berlin, "2026-03-28").slice(19, 21)).toEqual(["01:00", "03:00"]);
    expect(texts(berlin, "2026-03-28")).toHaveLength(23);
  });
  it("shows a change that is at no full hour", () => {
    expect(texts(howe, "2026-04-04").slice(18, 23)).toEqual(["00:00", "01:00", "01:30 GMT+10:30", "02:00", "03:00"]);
    expect(texts(howe, "2026-10-03").slice(18, 23)).toEqual(["00:00", "01:00", "02:30", "03:00", "04:00"]);
  });
  it("leaves hours out where there is little room", () => {
    expect(linesOf(berlin, spanOf(berlin, "2026-11-21"), 6).map((l) => l.text)).toEqual(["06:00", "12:00", "18:00", "00:00"]);
  });
});

describe("the axis of a week", () => {
  it("is the same for every day of a plain one", () => {
    const w = weekOf(berlin, "2026-11-16");
    expect(w.length).toBe(24 * hour);
    expect(w.lines.map((l) => l.text).slice(0, 2)).toEqual(["06:00", "07:00"]);
    expect(w.days.map((d) => d.y(d.span.from + 3 * hour))).toEqual(Array(7).fill(3 * hour));
    expect(w.days.flatMap((d) => d.none)).toEqual([]);
  });
  it("has a row for the hour that airs twice, which one day has alone", () => {
    const w = weekOf(berlin, "2026-10-19");
    expect(w.length).toBe(25 * hour);
    expect(w.lines.map((l) => l.text).slice(19, 24)).toEqual(["01:00", "02:00 CEST", "02:00 CET", "03:00", "04:00"]);
    const saturday = w.days[5]!, friday = w.days[4]!, sunday = w.days[6]!;
    expect(saturday.none).toEqual([]);
    expect(saturday.y(at("2026-10-25T00:30:00Z"))).toBe(20.5 * hour);
    expect(saturday.y(at("2026-10-25T01:30:00Z"))).toBe(21.5 * hour);
    expect(saturday.y(at("2026-10-25T02:00:00Z"))).toBe(22 * hour);
    expect(friday.none).toEqual([{ from: 21 * hour, to: 22 * hour }]);
    expect(friday.y(at("2026-10-24T00:59:00Z"))).toBe(21 * hour - 60e3); // 02:59
    expect(friday.y(at("2026-10-24T01:00:00Z"))).toBe(22 * hour); // 03:00
    expect(sunday.y(at("2026-10-26T02:00:00Z"))).toBe(22 * hour);
    expect(friday.y(friday.span.to)).toBe(25 * hour);
  });
  it("leaves the hour empty that one day skips", () => {
    const w = weekOf(berlin, "2026-03-23");
    expect(w.length).toBe(24 * hour);
    const saturday = w.days[5]!;
    expect(saturday.none).toEqual([{ from: 20 * hour, to: 21 * hour }]);
    expect(saturday.y(at("2026-03-29T00:59:00Z"))).toBe(20 * hour - 60e3); // 01:59
    expect(saturday.y(at("2026-03-29T01:00:00Z"))).toBe(21 * hour); // 03:00
    expect(saturday.y(at("2026-03-29T03:59:00Z"))).toBe(24 * hour - 60e3);
  });
  it("is read back from where something is dropped", () => {
    const fall = weekOf(berlin, "2026-10-19"), spring = weekOf(berlin, "2026-03-23");
    const near = (d: (typeof fall.days)[number], y: number) => Math.round(momentAt(d, y) / 60e3) * 60e3;
    for (const w of [fall, spring]) for (const d of w.days) for (let t = d.span.from; t < d.span.to; t += hour / 2) expect(near(d, d.y(t))).toBe(t);
    expect(near(fall.days[4]!, 21.5 * hour)).toBe(at("2026-10-24T01:00:00Z")); // it has no second 02:30
    expect(near(spring.days[5]!, 20.5 * hour)).toBe(at("2026-03-29T01:00:00Z")); // nor that one a first
  });
  it("knows half hours", () => {
    const w = weekOf(howe, "2026-03-30");
    expect(w.length).toBe(24.5 * hour);
    const saturday = w.days[5]!;
    expect(saturday.y(at("2026-04-04T15:00:00Z"))).toBe(20 * hour);
    expect(saturday.y(at("2026-04-04T15:30:00Z"))).toBe(20.5 * hour); // 02:00 again
    expect(w.days[0]!.y(at("2026-03-30T15:00:00Z"))).toBe(20.5 * hour); // 02:00
  });
});
