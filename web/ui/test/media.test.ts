import { describe, expect, it } from "vitest";
import { way, type MediaFile } from "../src/api/media";
import { inside, type Entry } from "../src/lib/dropped";
import { between, columns, height, lines, rows, step, type Space } from "../src/lib/mediaRows";

const file = (path: string, problem = ""): MediaFile => ({ path, name: path, bytes: 1, modified: "2026-01-01T00:00:00Z", state: problem ? "bad" : "ok", problem, length_s: 1, video: null, audio: null, loudness_lufs: null, used_by: [] });
const space: Space = { width: 700, view: "grid", tile: 160, gap: 10, touch: false };
const many = (n: number) => Array.from({ length: n }, (_, i) => file(`f${i}`));

describe("rows of media", () => {
  it("hold as many tiles as fit", () => {
    expect(columns(space)).toBe(4);
    expect(columns({ ...space, width: 100 })).toBe(1);
    const r = rows([{ path: "a", name: "a" }], many(9), true, space);
    expect(r.map((x) => x.kind)).toEqual(["folders", "files", "files", "files", "more"]);
    expect(r.map((x) => (x.kind === "files" ? x.first : -1))).toEqual([-1, 0, 4, 8, -1]);
  });
  it("are one a file in a list, higher with a problem", () => {
    const list = { ...space, view: "list" as const };
    const [a, b] = rows([], [file("a"), file("b", "It holds neither picture nor sound that can be decoded here; convert it to H.264 and AAC.")], false, list);
    expect(height(a!, list)).toBe(48);
    expect(height(b!, list)).toBeGreaterThan(48);
  });
  it("count Chinese letters twice", () => {
    expect(lines("文件无法解码，请重新转换。".repeat(4), 300)).toBeGreaterThan(lines("x".repeat(52), 300));
  });
});

describe("the keyboard among tiles", () => {
  it("moves by columns and stays within", () => {
    expect([step("ArrowDown", 0, 10, 4), step("ArrowDown", 8, 10, 4), step("ArrowUp", 2, 10, 4), step("ArrowRight", 9, 10, 4), step("End", 3, 10, 4), step("PageDown", 0, 10, 4)]).toEqual([4, 9, 2, 9, 9, 9]);
  });
  it("extends both ways", () => {
    expect(between(many(5), 3, 1)).toEqual(["f1", "f2", "f3"]);
  });
});

describe("paths", () => {
  it("have a way", () => {
    expect(way("a/b")).toEqual([{ name: "a", path: "a" }, { name: "b", path: "a/b" }]);
    expect(way("")).toEqual([]);
  });
});

describe("dropped folders", () => {
  const leaf = (name: string): Entry => ({ isFile: true, isDirectory: false, name, file: (ok) => ok(new File(["x"], name)) });
  const dir = (name: string, inside: Entry[]): Entry => ({
    isFile: false, isDirectory: true, name,
    createReader() {
      const left = [...inside];
      return { readEntries: (ok) => ok(left.splice(0, 100)) };
    },
  });
  it("keep their shape, in the order of the names, without litter", async () => {
    const got = await inside(dir("show", [leaf("10.mp4"), leaf("9.mp4"), leaf(".DS_Store"), dir("extra", [leaf("a.png"), leaf("Thumbs.db")])]), "in");
    expect(got.map((d) => `${d.folder}/${d.file.name}`)).toEqual(["in/show/9.mp4", "in/show/10.mp4", "in/show/extra/a.png"]);
  });
  it("are read to their end, though a browser hands over a hundred at a time", async () => {
    const got = await inside(dir("big", Array.from({ length: 250 }, (_, i) => leaf(`${i}.mp4`))), "");
    expect(got).toHaveLength(250);
    expect(got[0]!.folder).toBe("big");
  });
});
