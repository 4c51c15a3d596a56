import { describe, expect, it } from "vitest";
import { Problem } from "../src/api/call";
import { badName, each, forcible } from "../src/pages/media/batch";
import { inserted } from "../src/pages/media/toPlaylist";

describe("the same done to many files", () => {
  it("goes on after a refusal, and tells it with who airs the file", async () => {
    const did: string[] = [];
    const refused = await each(["a", "b", "c"], async (p) => {
      if (p === "b") throw new Problem(409, "b is used by main.yml.", { used_by: ["main.yml"] });
      did.push(p);
    });
    expect(did).toEqual(["a", "c"]);
    expect(refused).toEqual([{ path: "b", problem: "b is used by main.yml.", usedBy: ["main.yml"] }]);
    expect(forcible(refused)).toBe(true);
  });
  it("ends when nobody answers, and tells what was not done", async () => {
    const refused = await each(["a", "b", "c"], async (p) => { if (p === "b") throw new Problem(0, ""); });
    expect(refused.map((r) => r.path)).toEqual(["b", "c"]);
    expect(forcible(refused)).toBe(false);
  });
  it("cannot be forced where only some of it could", () => {
    expect(forcible([{ path: "a", problem: "", usedBy: ["x"] }, { path: "b", problem: "no", usedBy: [] }])).toBe(false);
    expect(forcible([])).toBe(false);
  });
  it("knows names that are none", () => {
    expect(["", "  ", "a/b", "a\\b", ".hidden", "fine (2).mp4", "片头.mp4"].map(badName)).toEqual(["empty", "empty", "slash", "slash", "hidden", "", ""]);
  });
});

describe("files put into a playlist", () => {
  const d = { name: "Main", loop: true, items: [{ source: "a" }, { folder: "b" }] };
  it("keep their order, at the place or at the end, and change nothing else", () => {
    expect(inserted(d, ["x", "y"], 1)).toEqual({ name: "Main", loop: true, items: [{ source: "a" }, { source: "x" }, { source: "y" }, { folder: "b" }] });
    expect(inserted(d, ["x"], 99).items).toEqual([{ source: "a" }, { folder: "b" }, { source: "x" }]);
    expect(d.items).toHaveLength(2);
  });
});
