import { describe, expect, it } from "vitest";
import { Clock } from "../src/lib/time";
import { faultsOf, formOf, momentOf, movedTo, ruleOf, scheduleOf, whenWords, type Schedule } from "../src/pages/schedule/start";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";

const berlin = new Clock("Europe/Berlin");
const at = Date.parse("2026-11-22T19:00:00Z");
const form = (s?: Schedule) => formOf(s, berlin, at);
const again = (s: Schedule) => scheduleOf(form(s), s, berlin);

describe("a start's form", () => {
  it("says what the file said, word for word, while nothing is changed", () => {
    const all: Schedule[] = [
      { at: "2026-12-31 23:59:50" }, { at: "2026-12-31T20:00" }, { at: "2026-12-31 20:00+05:30" },
      { cron: "0 20 * * MON-FRI", start: "hard", until: "20:15" }, { cron: "*/15 9-17 * * *" }, { cron: "@daily" }, { cron: "30 6,12 * * *", start: "soft", soft_max: "5m", priority: -1 },
      { cron: "0 20 * * *", start: "soft", soft_max: 90, duration: 3600, return: "restart", late: "join" }, { cron: "0 20 5 * *", fill: "fit", priority: 0, return: "resume" },
    ];
    for (const s of all) expect(again(s), JSON.stringify(s)).toEqual(s);
  });
  it("is once, at the moment that was pointed at, for a new one", () => {
    expect(scheduleOf(form(), undefined, berlin)).toEqual({ at: "2026-11-22 20:00" });
    expect(ruleOf({ ...form(), when: "weekdays" })).toBe("0 20 * * *");
    expect(ruleOf({ ...form(), when: "date" })).toBe("0 20 22 * *");
  });
  it("writes only what is not as usual", () => {
    expect(scheduleOf({ ...form({ at: "2026-11-22 20:00", start: "soft", soft_max: "5m" }), start: "hard" }, { at: "2026-11-22 20:00", start: "soft", soft_max: "5m" }, berlin)).toEqual({ at: "2026-11-22 20:00" });
    expect(scheduleOf({ ...form({ cron: "0 20 * * *", fill: "fit" }), start: "soft" }, { cron: "0 20 * * *", fill: "fit" }, berlin)).toEqual({ cron: "0 20 * * *", start: "soft" });
    expect(scheduleOf({ ...form({ cron: "0 20 * * *", until: "21:00" }), ends: "items" }, { cron: "0 20 * * *", until: "21:00" }, berlin)).toEqual({ cron: "0 20 * * *" });
    expect(scheduleOf({ ...form(), time: "8:05:30" }, undefined, berlin)).toEqual({ at: "2026-11-22 08:05:30" });
  });
  it("reads moments in the channel's zone", () => {
    expect(momentOf("2026-12-31 20:00+05:30", berlin)).toEqual({ day: "2026-12-31", time: "15:30:00" });
    expect(momentOf("2026-12-31T23:59:50Z", berlin)).toEqual({ day: "2027-01-01", time: "00:59:50" });
    expect([momentOf("0 20 * * *", berlin), momentOf("", berlin), momentOf("2026-12-31", berlin)]).toEqual([null, null, null]);
  });
  it("knows which fields cannot be so", () => {
    expect(faultsOf(form())).toEqual([]);
    expect(faultsOf({ ...form(), time: "25:00", day: "x", priority: "high" })).toEqual(["day", "time", "priority"]);
    expect(faultsOf({ ...form(), when: "weekdays", weekdays: [] })).toEqual(["weekdays"]);
    expect(faultsOf({ ...form(), when: "weekdays", times: "08:00, 12:30" })).toEqual(["times"]);
    expect(faultsOf({ ...form(), when: "weekdays", times: "08:30、12:30" })).toEqual([]);
    expect(faultsOf({ ...form(), when: "rule", rule: " " })).toEqual(["rule"]);
    expect(faultsOf({ ...form(), start: "soft", softMax: "soon", ends: "duration", duration: "0:00" })).toEqual(["softMax", "duration"]);
    expect(faultsOf({ ...form(), start: "soft", softMax: "1h30m", ends: "duration", duration: "0:05:00" })).toEqual([]);
    expect(faultsOf({ ...form(), ends: "until", until: "" })).toEqual(["until"]);
  });
});

describe("moving a start", () => {
  const planned = Date.parse("2026-11-22T19:00:00Z");
  const to = (s: Schedule, moment: string, from = planned) => { const f = movedTo(form(s), berlin, from, Date.parse(moment)); return f && scheduleOf(f, s, berlin); };
  it("changes the moment, or the rule", () => {
    expect(to({ at: "2026-11-22 20:00", until: "21:30" }, "2026-11-23T00:25:00Z")).toEqual({ at: "2026-11-23 01:25", until: "21:30" });
    expect(to({ cron: "0 20 * * 0" }, "2026-11-23T19:30:00Z")).toEqual({ cron: "30 20 * * 1" });
    expect(to({ cron: "0 20 * * *" }, "2026-11-22T18:59:00Z")).toEqual({ cron: "59 19 * * *" });
    expect(to({ cron: "*/15 * * * *" }, "2026-11-22T19:05:00Z")).toBeNull();
  });
  it("counts by what clocks show on the night they change", () => {
    const from = Date.parse("2026-10-24T23:30:00Z"); // 01:30 CEST
    expect(to({ cron: "30 1 * * 0" }, "2026-10-25T02:30:00Z", from)).toEqual({ cron: "30 3 * * 0" });
  });
});

it("says when in words", () => {
  expect(whenWords("2026-10-24 20:00", en.schedule, berlin, "en-GB")).toBe("once, 24 October at 20:00");
  expect(whenWords("2026-10-24 20:00:30", zh.schedule, berlin, "zh-CN")).toBe("一次，10月24日 20:00:30");
  expect(whenWords("0 20 * * 1-5", en.schedule, berlin, "en-GB")).toBe("every weekday at 20:00");
});
