import { describe, expect, it } from "vitest";
import { cronOf, meansDay, moved, parseCron, patternOf } from "../src/lib/cron";
import { cronWords } from "../src/lib/cronWords";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";

const words = (text: string) => cronWords(text, en.schedule.cron);
const chinese = (text: string) => cronWords(text, zh.schedule.cron);

describe("a rule in words", () => {
  // As the engine's own words have it, but for four days in a row and more.
  const table: Record<string, string> = {
    "0 20 * * *": "every day at 20:00",
    "@daily": "every day at 00:00",
    "@weekly": "every Sunday at 00:00",
    "@monthly": "on the 1st of every month at 00:00",
    "@yearly": "on 1 January at 00:00",
    "@hourly": "every hour",
    "0 20 * * 1-5": "every weekday at 20:00",
    "0 20 * * MON-FRI": "every weekday at 20:00",
    "30 7,12 * * 1-6": "every day from Monday to Saturday at 07:30 and 12:30",
    "0 20 * * 0,4-6": "every day from Thursday to Sunday at 20:00",
    "0 20 * * 1-3": "every Monday, Tuesday and Wednesday at 20:00",
    "0 20 * * sat,sun": "every Saturday and Sunday at 20:00",
    "0 20 * * sun,mon": "every Monday and Sunday at 20:00",
    "0 20 * * 0-6": "every day at 20:00",
    "30 6,12,18 * * *": "every day at 06:30, 12:30 and 18:30",
    "0,30 20 * * fri": "every Friday at 20:00 and 20:30",
    "15 10 1,15,22,3 * *": "on the 1st, 3rd, 15th and 22nd of every month at 10:15",
    "0 0 11-13 * *": "on the 11th, 12th and 13th of every month at 00:00",
    "0 0 29 2 *": "on 29 February at 00:00",
    "0 0 24,31 dec *": "on the 24th and 31st of December at 00:00",
    "0 20 * jul,aug *": "every day in July and August at 20:00",
    "0 20 * dec mon": "every Monday in December at 20:00",
    "0 20 1 * mon": "on the 1st of every month and every Monday at 20:00",
    "0 20 1-31 * mon": "every day at 20:00",
    "* * * * *": "every minute",
    "*/15 * * * *": "every 15 minutes",
    "5/15 * * * *": "every day, every 15 minutes from 5 past",
    "*/15 9-17 * * *": "every day, every 15 minutes from 09:00 to 17:45",
    "*/20 * * * 1-5": "every weekday, every 20 minutes",
    "15 * * * *": "every hour at 15 past",
    "0 */2 * * *": "every 2 hours",
    "0 1-23/2 * * *": "every day, every 2 hours from 01:00",
    "30 */3 * * *": "every 3 hours at 30 past",
    "0 9-17 * * 1-5": "every weekday, every hour from 09:00 to 17:00",
    "0 8-18/2 * * *": "every day, every 2 hours from 08:00 to 18:00",
  };
  for (const [text, want] of Object.entries(table)) it(text, () => expect(words(text)).toBe(want));

  it("is the rule itself where words would be long, or it is none", () => {
    for (const text of ["* 20 * * *", "1,2,5,9,14 * * * *", "*/7 * * * *", "*/15 9-11,13 * * *", "0 1,2,3,5,8,13 * * *", "0 20 1 dec mon", "0 20 1,2,3,4,5,6,7 */2 *", "x", "", "0 20 * *", "0 24 * * *", "0 0 20 * * *"]) {
      expect(words(text)).toBe(text);
    }
  });
  it("is said in Chinese, too", () => {
    expect(["0 20 * * *", "0 20 * * 1-5", "30 21 * * 6,0", "0 20 * * mon,wed", "15 10 1,15 * *", "0 0 24 dec *", "*/15 9-17 * * *", "15 * * * *", "0 */2 * * *"].map(chinese)).toEqual([
      "每天 20:00", "每个工作日 20:00", "每周六、周日 21:30", "每周一、周三 20:00", "每月1日、15日 10:15", "12月24日 00:00", "每天，09:00 至 17:45 每 15 分钟", "每小时第 15 分", "每 2 小时",
    ]);
  });
});

describe("a rule for the editor", () => {
  const round = (text: string) => { const p = patternOf(parseCron(text)!); return p && cronOf(p); };
  it("comes back as it was", () => {
    expect(["0 20 * * *", "0 20 * * 1-5", "30 21 * * 0,6", "0 8,12 * * 1,3", "0,30 20 * * *", "5 4 12 * *"].map(round))
      .toEqual(["0 20 * * *", "0 20 * * 1-5", "30 21 * * 0,6", "0 8,12 * * 1,3", "0,30 20 * * *", "5 4 12 * *"]);
    expect(round("@daily")).toBe("0 0 * * *");
  });
  it("is only the rule where it is more than days and times", () => {
    for (const text of ["*/15 * * * *", "0 9-17 * * *", "0 20 * dec *", "0 20 1 * mon", "0 20 1-31 * mon", "0 20 1,15 * *"]) expect(round(text), text).toBeNull();
  });
  it("refuses pairs of times that no rule says", () => {
    const p = { on: "weekdays" as const, weekdays: [0, 1, 2, 3, 4, 5, 6], date: 1 };
    expect(cronOf({ ...p, times: ["08:00", "12:30"] })).toBe("");
    expect(cronOf({ ...p, times: ["08:30", "12:30"] })).toBe("30 8,12 * * *");
    expect([cronOf({ ...p, times: [] }), cronOf({ ...p, times: ["8"] }), cronOf({ ...p, times: ["24:00"] }), cronOf({ ...p, weekdays: [], times: ["08:00"] })]).toEqual(["", "", "", ""]);
  });
  it("knows its days", () => {
    const days = (text: string) => ["2026-11-20", "2026-11-21", "2026-11-22", "2026-12-01"].map((d) => meansDay(parseCron(text)!, d));
    expect(days("0 20 * * 1-5")).toEqual([true, false, false, true]);
    expect(days("0 20 1 * sun")).toEqual([false, false, true, true]);
    expect(days("0 20 20-22 * *")).toEqual([true, true, true, false]);
  });
});

describe("moving a start", () => {
  it("moves the one time", () => {
    expect(moved("0 20 * * 1-5", "20:00", 25)).toBe("25 20 * * 1-5");
    expect(moved("30 6,12 * * *", "06:30", 60)).toBe("30 7,12 * * *");
  });
  it("takes the days along over midnight", () => {
    expect(moved("50 23 * * 5", "23:50", 20)).toBe("10 0 * * 6");
    expect(moved("10 0 * * 0", "00:10", -20)).toBe("50 23 * * 6");
    expect(moved("50 23 * * *", "23:50", 1440)).toBe("50 23 * * *");
    expect(moved("0 20 5 * *", "20:00", 1440)).toBe("0 20 6 * *");
  });
  it("leaves alone what one rule could not say", () => {
    for (const [text, time, by] of [["30 6,12 * * *", "06:30", 5], ["*/15 * * * *", "20:15", 5], ["0 20 * * *", "19:00", 5], ["50 6,23 * * *", "23:50", 20], ["0 20 28 * *", "20:00", 1440]] as const) {
      expect(moved(text, time, by), text).toBe("");
    }
  });
});
