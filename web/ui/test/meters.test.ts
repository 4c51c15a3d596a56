import { expect, it } from "vitest";
import { marks, Needle, place } from "../src/pages/onair/meters";

it("places levels between the marks", () => {
  for (const [db, y] of marks) expect(place(db)).toBeCloseTo(y, 6);
  expect(place(6)).toBe(0);
  expect(place(-100)).toBe(1);
  expect(place(NaN)).toBe(1);
  for (let db = -60; db < 0; db++) expect(place(db + 1)).toBeLessThan(place(db));
});

it("goes up at once, down slowly, and holds its peak", () => {
  const n = new Needle();
  n.hear(-12, 0);
  expect([n.level, n.peak]).toEqual([-12, -12]);
  n.hear(-40, 200);
  n.move(500, 500);
  expect(n.level).toBe(-24);
  expect(n.peak, "stands for 1.5 s").toBe(-12);
  n.move(500, 1600);
  expect(n.peak).toBe(-24);
  for (let t = 2000; t < 6000; t += 500) n.move(500, t);
  expect([n.level, n.peak], "not below what is heard").toEqual([-40, -40]);
});
