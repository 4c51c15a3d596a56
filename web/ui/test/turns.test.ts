import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Picture, Turns } from "../src/lib/turns";

beforeEach(() => { vi.useFakeTimers(); vi.spyOn(Math, "random").mockReturnValue(0); });
afterEach(() => { vi.useRealTimers(); vi.restoreAllMocks(); });

const looked = (url: string, turns: Turns) => {
  const asked: string[] = [];
  return { asked, picture: new Picture(url, (src) => asked.push(src), turns) };
};

it("tries a picture that is refused again, later and later, and then not any more", () => {
  const { asked, picture } = looked("/p?x=1", new Turns(1));
  const when: number[] = [];
  const from = Date.now();
  for (let i = 0; i < 10 && asked.at(-1) !== ""; i++) {
    when.push((Date.now() - from) / 1000);
    picture.failed();
    vi.advanceTimersToNextTimer();
  }
  expect(when).toEqual([0, 1, 3, 7, 15, 31]);
  expect(asked.filter(Boolean)).toEqual(["/p?x=1", ...[1, 2, 3, 4, 5].map((n) => `/p?x=1&again=${n}`)]);
  expect(vi.getTimerCount()).toBe(0);
});

it("leaves its turn to others while it waits, and takes its next try in turn", () => {
  const turns = new Turns(1);
  const one = looked("/one?", turns), two = looked("/two?", turns);
  expect([one.asked, two.asked]).toEqual([["/one?"], []]);
  one.picture.failed();
  expect(two.asked).toEqual(["/two?"]);
  vi.advanceTimersByTime(1000);
  expect(one.asked).toEqual(["/one?", ""]);
  two.picture.loaded();
  expect(one.asked).toEqual(["/one?", "", "/one?&again=1"]);
});

it("is not asked for any more once it is not wanted, and its turn is free", () => {
  const turns = new Turns(1);
  const one = looked("/one?", turns);
  one.picture.failed();
  one.picture.stop();
  vi.runAllTimers();
  expect(one.asked).toEqual(["/one?", ""]);
  const two = looked("/two?", turns);
  two.picture.stop();
  expect(looked("/three?", turns).asked).toEqual(["/three?"]);
});
