import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Press, pressFor } from "../src/lib/press.svelte";

const acted: string[] = [];
let press: Press<string>;

beforeEach(() => {
  vi.useFakeTimers();
  acted.length = 0;
  press = new Press((what) => { acted.push(what); return Promise.resolve(); });
});
afterEach(() => { vi.useRealTimers(); });

it("acts on what was meant at its beginning, once it has lasted", async () => {
  press.begin("one", "Skip");
  vi.advanceTimersByTime(pressFor - 1);
  expect(acted).toEqual([]);
  press.look("one", "Skip");
  await vi.advanceTimersByTimeAsync(1);
  expect([acted, press.pressing, press.busy]).toEqual([["one"], false, false]);
});

it("does nothing once it is let go", () => {
  press.begin("one", "Skip");
  press.cancel();
  vi.advanceTimersByTime(5000);
  expect(acted).toEqual([]);
});

it("does nothing where what it meant is gone, or the button says something else", () => {
  press.begin("one", "Skip");
  press.look("two", "Skip");
  vi.advanceTimersByTime(5000);
  press.begin("two", "Hold");
  press.look("two", "Lift");
  vi.advanceTimersByTime(5000);
  expect([acted, press.pressing]).toEqual([[], false]);
});

it("takes two presses for one, of the same thing", async () => {
  press.twice("one", "Skip");
  expect([press.again, acted]).toEqual([true, []]);
  press.twice("two", "Skip");
  expect([press.again, acted], "a first press of another thing").toEqual([true, []]);
  press.twice("two", "Skip");
  await vi.advanceTimersByTimeAsync(0);
  expect([press.again, acted]).toEqual([false, ["two"]]);
  press.twice("two", "Skip");
  vi.advanceTimersByTime(3001);
  press.twice("two", "Skip");
  expect(acted, "too late for the second").toEqual(["two"]);
});
