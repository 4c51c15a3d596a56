import { describe, expect, it } from "vitest";
import { age, Clock, length, parseTimecode, timecode } from "../src/lib/time";

describe("lengths", () => {
  it("always have three groups, and are never below nothing", () => {
    expect([0, 59.9, 3599, 3600, 360000, -5].map(length)).toEqual(["0:00:00", "0:00:59", "0:59:59", "1:00:00", "100:00:00", "0:00:00"]);
  });
  it("are ages in words below a minute and from a day on", () => {
    expect([4.2, 87, 86400 * 6 + 3600 * 4].map(age)).toEqual(["4 s", "0:01:27", "6 d 4 h"]);
  });
});

describe("time codes", () => {
  it("count pictures at the house rate", () => {
    expect(timecode(113, 25)).toBe("00:01:53:00");
    expect(timecode(113.96, 25)).toBe("00:01:53:24");
    expect(timecode(1.999, 25)).toBe("00:00:02:00");
  });
  it("are read as people write them", () => {
    expect(["83", "83.5", "1:23", "0:01:23", "00:01:23:12", "1:60", "x", "", "0:0:0:25", "-3"].map((t) => parseTimecode(t, 25)))
      .toEqual([83, 83.5, 83, 83, 83.48, null, null, null, null, null]);
  });
  it("come back as they were", () => {
    for (let f = 0; f < 5000; f += 7) expect(Math.round(parseTimecode(timecode(f / 25, 25), 25)! * 25)).toBe(f);
  });
});

describe("the channel's clock", () => {
  const berlin = new Clock("Europe/Berlin");
  const now = Date.parse("2026-10-24T18:47:31Z");
  it("is in its zone", () => {
    expect(berlin.at(now)).toBe("20:47:31");
    expect(berlin.date(now)).toBe("Sat 24 Oct");
    expect(berlin.where(now)).toBe("Europe/Berlin, CEST");
    expect(berlin.near("2026-10-25T04:21:08Z", now)).toBe("Sun 05:21:08");
  });
  it("knows the moments of a night when clocks change", () => {
    expect(new Date(berlin.moment("2026-10-25", "02:30:00")).toISOString()).toBe("2026-10-25T00:30:00.000Z"); // the first of two
    expect(new Date(berlin.moment("2026-03-29", "02:30:00")).toISOString()).toBe("2026-03-29T01:30:00.000Z"); // none: 03:30
    expect(new Date(berlin.moment("2026-07-01")).toISOString()).toBe("2026-06-30T22:00:00.000Z");
  });
});

describe("a time that clocks show twice", () => {
  const berlin = new Clock("Europe/Berlin");
  const now = Date.parse("2026-10-24T23:00:00Z"); // Sunday 01:00
  const noon = Date.parse("2026-10-24T10:00:00Z");
  it("carries the zone everywhere, and no other does", () => {
    expect(["2026-10-24T23:59:59Z", "2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z", "2026-10-25T02:00:00Z"].map((t) => berlin.at(t)))
      .toEqual(["01:59:59", "02:00:00 CEST", "02:59:59 CEST", "02:00:00 CET", "02:59:59 CET", "03:00:00"]);
    expect(berlin.near("2026-10-25T00:30:00Z", now)).toBe("02:30:00 CEST");
    expect(berlin.near("2026-10-25T01:30:00Z", now)).toBe("02:30:00 CET");
    expect(berlin.near("2026-10-25T01:30:00Z", noon)).toBe("Sun 02:30:00 CET");
    expect(berlin.near("2026-10-25T01:30:00Z", Date.parse("2026-10-01T10:00:00Z"))).toBe("Sun 25 Oct 02:30:00 CET");
    expect(berlin.at("2026-03-29T01:00:00Z")).toBe("03:00:00");
  });
  it("can be had bare", () => {
    expect([berlin.wall("2026-10-25T00:30:00Z"), berlin.wall("2026-10-25T01:30:00Z")]).toEqual(["02:30:00", "02:30:00"]);
  });
});

describe("the engine's zone data", () => {
  // Not what any browser says of Berlin: clocks go on by half an hour on 10 November.
  const told = [
    { from: "2026-10-20T00:00:00Z", to: "2026-11-10T12:00:00Z", offset_s: 19800, abbreviation: "+0530" },
    { from: "2026-11-10T12:00:00Z", to: "2026-12-01T00:00:00Z", offset_s: 21600, abbreviation: "XT" },
  ];
  const clock = new Clock("Europe/Berlin", "en-GB", told);
  it("goes before the browser's", () => {
    expect([clock.at("2026-11-10T11:59:59Z"), clock.at("2026-11-10T12:00:00Z")]).toEqual(["17:29:59", "18:00:00"]);
    expect([clock.iso("2026-11-21T18:00:00Z"), clock.date("2026-11-21T18:00:00Z")]).toEqual(["2026-11-22", "Sun 22 Nov"]);
    expect([clock.abbreviation("2026-11-01T00:00:00Z"), clock.where("2026-11-21T00:00:00Z")]).toEqual(["+0530", "Europe/Berlin, XT"]);
    expect(clock.at("2026-10-25T01:30:00Z")).toBe("07:00:00"); // nothing is shown twice then
    expect(new Date(clock.moment("2026-11-22", "00:00:00")).toISOString()).toBe("2026-11-21T18:00:00.000Z");
  });
  it("ends where it ends: beyond it is the browser's", () => {
    expect([clock.wall("2026-10-19T23:59:59Z"), clock.wall("2026-12-01T00:00:00Z")]).toEqual(["01:59:59", "01:00:00"]);
    expect([clock.abbreviation("2026-10-19T23:59:59Z"), clock.abbreviation("2026-12-01T00:00:00Z")]).toEqual(["CEST", "CET"]);
  });
  it("is enough for a zone that the browser does not know", () => {
    const here = new Clock("Europe/Nowhere", "en-GB", told);
    expect([here.zone, here.at("2026-11-21T00:00:00Z")]).toEqual(["Europe/Nowhere", "06:00:00"]);
  });
});
