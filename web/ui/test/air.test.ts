import { expect, it } from "vitest";
import { following, isCut, left, person, reaches, standIn, tallies } from "../src/lib/air";
import { judge } from "../src/lib/judge";
import { en } from "../src/words/en";
import { alert, at, status, type Status } from "./status";

it("counts down by the engine's clock", () => {
  const s = status();
  expect(left(s, at, at)).toBe(17);
  expect(left(s, at, at + 5000)).toBe(12);
  expect(left(s, at, at + 60000), "never below nothing").toBe(0);
});

it("stands still while the item does not air itself", () => {
  const held = status((s) => { s.state = "fallback"; s.held = { by: "mira (desk)", since: "2026-10-24T17:32:00Z" }; });
  expect(left(held, at, at + 5000)).toBe(17);
  expect(standIn(held)).toEqual({ kind: "hold", by: "mira (desk)", since: Date.parse("2026-10-24T17:32:00Z") });
  const stalled = status((s) => { s.state = "fallback"; });
  expect(left(stalled, at, at + 900)).toBe(17);
});

it("knows no end of what has none", () => {
  expect(left(status((s) => { s.now!.duration_s = 0; }), at, at)).toBeNull();
  expect(left(status((s) => { s.now = null; }), at, at)).toBeNull();
});

const due = (when: string) => ({ id: "c", playlist: "news.yml", index: 0, source: "news.mp4", title: "News", mode: "hard", at: when });

it("counts to the clock's cut where that comes before the end", () => {
  const s = status((x) => { x.due = due("2026-10-24T17:32:20Z"); });
  expect(isCut(s, at)).toBe(true);
  expect(left(s, at, at + 1000)).toBe(8);
  expect(following(s, at)).toMatchObject({ title: "News", at: Date.parse("2026-10-24T17:32:20Z"), hard: true });
  const endless = status((x) => { x.now!.duration_s = 0; x.due = due("2026-10-24T17:40:00Z"); });
  expect(left(endless, at, at)).toBe(469);
});

it("takes no notice of a cut that comes after the end", () => {
  const s = status((x) => { x.due = due("2026-10-24T17:33:00Z"); });
  expect(isCut(s, at)).toBe(false);
  expect(left(s, at, at)).toBe(17);
  expect(following(s, at)).toMatchObject({ title: "Two", hard: false });
});

it("does not count to a cut that a hold puts off", () => {
  const s = status((x) => { x.state = "fallback"; x.held = { by: "mira (desk)", since: "2026-10-24T17:32:00Z" }; x.due = due("2026-10-24T17:32:20Z"); });
  expect(left(s, at, at)).toBe(17);
});

it("says what stands in", () => {
  const of = (code: string) => standIn(status((s) => { s.state = "fallback"; s.alerts = [alert({ code })]; }))?.kind;
  expect([of("slate"), of("filler"), of("encoder-overload")]).toEqual(["slate", "filler", "hold"]);
  expect(standIn(status())).toBeNull();
});

it("knows when viewers do not get it", () => {
  expect(reaches(status())).toBe(true);
  expect(reaches(status((s) => { s.arrival.state = "not-checked"; }))).toBe(true);
  expect(reaches(status((s) => { s.arrival.state = "not-proven"; }))).toBe(false);
  expect(reaches(status((s) => { s.output.state = "waiting"; }))).toBe(false);
});

it("names people as they are", () => {
  expect(person("mira (desk)", "here")).toBe("mira");
  expect(person("bob (ctl)", "here")).toBe("bob (ctl)");
  expect(person("loopback", "here")).toBe("here");
});

it("is red where the bar is, and nowhere else", () => {
  const red = (change?: (s: Status) => void) => {
    const s = status(change);
    const plate = judge(s, at, { now: at, at: String, words: en }).plate;
    expect(tallies(s, "up"), plate).toBe(plate === "on-air" || plate === "unchecked");
    return tallies(s, "up");
  };
  const someone = { by: "mira (desk)", since: "2026-10-24T17:32:00Z" };
  expect(red()).toBe(true);
  expect(red((s) => { s.arrival.state = "not-checked"; })).toBe(true);
  expect(red((s) => { s.state = "starting"; })).toBe(false);
  expect(red((s) => { s.state = "stopping"; })).toBe(false);
  expect(red((s) => { s.state = "fallback"; })).toBe(false);
  expect(red((s) => { s.held = someone; })).toBe(false);
  expect(red((s) => { s.state = "fallback"; s.slated = someone; })).toBe(false);
  expect(red((s) => { s.arrival.state = "not-proven"; })).toBe(false);
  expect(red((s) => { s.output.state = "waiting"; })).toBe(false);
  expect(red((s) => { s.uptime_s = 1; s.output.state = "connecting"; })).toBe(false);
  expect([tallies(status(), "lost"), tallies(status(), "connecting"), tallies(null, "up")]).toEqual([false, false, false]);
});
