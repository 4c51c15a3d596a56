import { expect, it } from "vitest";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";

/** Every word's path, with what it is. */
function paths(w: unknown, at = ""): [string, unknown][] {
  if (typeof w !== "object" || w === null) return [[at, w]];
  return Object.entries(w).flatMap(([k, v]) => paths(v, `${at}.${k}`));
}

it("has every word in every language", () => {
  const kinds = (w: unknown) => paths(w).map(([at, v]) => `${at}: ${typeof v}`).sort();
  expect(kinds(zh)).toEqual(kinds(en));
});

it("has no empty word", () => {
  for (const w of [en, zh]) for (const [at, v] of paths(w)) expect(v, at).not.toBe("");
});

it("is translated", () => {
  const mine = new Map(paths(zh));
  // Names, keys and signs are the same in every language.
  const same = paths(en).filter(([at, v]) => typeof v === "string" && /[a-z]{3}/.test(v) && !/^\.help\.groups/.test(at) && mine.get(at) === v);
  expect(same).toEqual([]);
});
