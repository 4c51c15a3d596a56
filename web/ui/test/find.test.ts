import { expect, it } from "vitest";
import { draftOf } from "../src/lib/draft/draft";
import { findRows, nextFound } from "../src/lib/draft/find";

it("finds items by every word, in their title or in what they name", () => {
  const { rows } = draftOf({ items: [{ source: "films/Orbit.mp4" }, { source: "news/a.mp4", title: "Evening News" }, { folder: "films/short" }, { playlist: "news.yml" }, { source: "x.mp4", title: "晚间新闻" }] });
  expect(findRows(rows, "NEWS")).toEqual([1, 3]);
  expect(findRows(rows, "  films  orbit ")).toEqual([0]);
  expect(findRows(rows, "orbit news")).toEqual([]);
  expect(findRows(rows, "新闻")).toEqual([4]);
  expect(findRows(rows, " ")).toEqual([]);
});

it("goes from one to the next, around the ends", () => {
  expect([nextFound([2, 5, 9], 5, 1), nextFound([2, 5, 9], 9, 1), nextFound([2, 5, 9], -1, 1)]).toEqual([2, 0, 0]);
  expect([nextFound([2, 5, 9], 5, -1), nextFound([2, 5, 9], 2, -1), nextFound([2, 5, 9], 3, -1)]).toEqual([0, 2, 0]);
  expect(nextFound([], 3, 1)).toBe(-1);
});

it("finds in ten thousand items at once", () => {
  const { rows } = draftOf({ items: Array.from({ length: 10_000 }, (_, i) => ({ source: `clips/${i}.mp4` })) });
  expect(findRows(rows, "9999")).toEqual([9999]);
});
