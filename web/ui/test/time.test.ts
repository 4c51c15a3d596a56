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
