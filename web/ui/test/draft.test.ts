import { describe, expect, it } from "vitest";
import { change, changedRows, documentOf, draftOf, insert, move, nudge, remove, same, setHead, type Draft } from "../src/lib/draft/draft";
import { begin, most, redo, step, undo } from "../src/lib/draft/history";
import { clockText, kindOf, onceOf, sameText, sourceLength, spanOf, spanText, titleOf, type Item } from "../src/lib/draft/item";
import { aligned, beside, merge } from "../src/lib/draft/merge";
import { awayOf, startAt, total, walk } from "../src/lib/draft/walk";

/** A generator of numbers that is the same each time. */
function dice(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return Math.abs(seed ^ (seed >>> 13)) % n;
  };
}
const names = (d: Draft) => d.rows.map((r) => r.item.source).join(" ");
const of = (text: string): Draft => draftOf({ items: text.split(" ").filter(Boolean).map((source) => ({ source })) });
const keys = (d: Draft, text: string) => new Set(d.rows.filter((r) => text.split(" ").includes(r.item.source!)).map((r) => r.key));

/** A random edit, as somebody at a desk would make it. */
function edited(d: Draft, roll: (n: number) => number): Draft {
  const some = new Set(d.rows.filter(() => roll(4) === 0).map((r) => r.key));
  switch (roll(6)) {
    case 0: return insert(d, roll(d.rows.length + 1), [{ source: `new${roll(1000)}` }]);
    case 1: return remove(d, some);
    case 2: return move(d, some, roll(d.rows.length + 1));
    case 3: return nudge(d, some, roll(2) ? 1 : -1);
    case 4: return change(d, some, { title: `title ${roll(100)}` });
    default: return setHead(d, { name: `name ${roll(5)}` });
  }
}

describe("times in files", () => {
  it("are read as the engine reads them, and written as it writes them", () => {
    expect(["00:01:53.48", "1:23", "90", 90, "1h30m", "1m54.72s", "8s", "250ms", "", "x", "1:2:3:4", undefined].map(spanOf))
      .toEqual([113480, 83000, 90000, 90000, 5400e3, 114720, 8000, 250, null, null, null, null]);
    expect([0, 113480, 3600e3 + 40].map(clockText)).toEqual(["00:00:00", "00:01:53.48", "01:00:00.04"]);
    expect([0, 8000, 5400e3, 114720].map(spanText)).toEqual(["0s", "8s", "1h30m", "1m54.72s"]);
    const roll = dice(3);
    for (let i = 0; i < 500; i++) { const ms = roll(100_000_000); expect(spanOf(clockText(ms))).toBe(ms); expect(spanOf(spanText(ms))).toBe(ms); }
  });
});

describe("an item", () => {
  it("is known by what it names", () => {
    const list: Item[] = [{ source: "a.mp4" }, { source: "b/c.PNG" }, { source: "rtsp://x/y" }, { folder: "p" }, { playlist: "x.yml" }];
    expect(list.map(kindOf)).toEqual(["file", "still", "live", "folder", "playlist"]);
    expect(list.map(titleOf)).toEqual(["a.mp4", "c.PNG", "x/y", "p", "x.yml"]);
  });
  it("airs as long as its fields and its source say", () => {
    const once = (it: Item, source: number | null = 60_000) => onceOf({ source: "a.mp4", ...it }, source);
    expect([once({}), once({ in: "10" }), once({ in: "10", out: "0:30" }), once({ out: "5:00" }), once({ duration: "8s" }), once({ in: "55", duration: "8s" }), once({ loop: true, duration: "5m" })])
      .toEqual([60_000, 50_000, 20_000, 60_000, 8000, 5000, 300_000]);
    expect([once({}, null), once({ in: "10", out: "0:30" }, null), once({ in: "10" }, null), once({ duration: "8s" }, null)]).toEqual([null, 20_000, null, 8000]);
    expect([onceOf({ source: "a.png" }, null), onceOf({ source: "a.png", duration: 8 }, null), onceOf({ source: "srt://a" }, null), onceOf({ folder: "x" }, null)]).toEqual([10_000, 8000, null, null]);
  });
  it("tells how long its source is, where it airs to its end", () => {
    expect(sourceLength({ source: "a.mp4", in: "10", loop: 3 }, 150_000)).toBe(60_000);
    expect(sourceLength({ source: "a.mp4", out: "10" }, 10_000)).toBeNull();
  });
  it("is the same however it is spelt", () => {
    expect(sameText({ source: "a", in: "0:10" })).toBe(sameText({ in: "00:00:10", source: "a", title: undefined }));
    expect(sameText({ source: "a", in: "0:10" })).not.toBe(sameText({ source: "a", in: "0:11" }));
  });
});

describe("edits", () => {
  it("move, together and in order", () => {
    const d = of("a b c d e");
    expect(names(move(d, keys(d, "b d"), 0))).toBe("b d a c e");
    expect(names(move(d, keys(d, "b d"), 5))).toBe("a c e b d");
    expect(names(move(d, keys(d, "a c"), 3))).toBe("b a c d e");
    expect(move(d, keys(d, "b c"), 2)).toBe(d);
    expect(names(nudge(d, keys(d, "c"), -1))).toBe("a c b d e");
    expect(names(nudge(d, keys(d, "c"), 1))).toBe("a b d c e");
    expect(names(nudge(d, keys(d, "b d"), 1))).toBe("a c e b d");
    expect(nudge(d, keys(d, "a"), -1)).toBe(d);
    expect(nudge(d, keys(d, "e"), 1)).toBe(d);
  });
  it("lose no row and make none", () => {
    const roll = dice(7);
    for (let i = 0; i < 300; i++) {
      let d = of("a b c d e f g h");
      const all = d.rows.map((r) => r.key).sort();
      for (let n = 0; n < 10; n++) {
        const some = new Set(d.rows.filter(() => roll(3) === 0).map((r) => r.key));
        d = roll(2) ? move(d, some, roll(9)) : nudge(d, some, roll(2) ? 1 : -1);
        expect(d.rows.map((r) => r.key).sort()).toEqual(all);
      }
    }
  });
  it("say what they changed, and know when all is as it was", () => {
    const d = of("a b c");
    const b = keys(d, "b");
    const titled = change(d, b, { title: "B" });
    expect(changedRows(titled, d)).toEqual(b);
    expect(same(titled, d)).toBe(false);
    expect(same(change(titled, b, { title: undefined }), d)).toBe(true);
    expect(change(d, b, { title: undefined })).toBe(d);
    expect(same(setHead(d, { loop: true }), d)).toBe(true); // the default
    expect(same(setHead(d, { loop: false }), d)).toBe(false);
  });
});

describe("undo", () => {
  it("goes back to each draft that was, and on again", () => {
    const roll = dice(11);
    for (let i = 0; i < 100; i++) {
      let h = begin(of("a b c d e"));
      const was: Draft[] = [h.now];
      for (let n = 0; n < 20; n++) {
        const next = edited(h.now, roll);
        h = step(h, next, n * 10_000);
        if (next !== was[was.length - 1]) was.push(next);
      }
      for (let n = was.length - 1; n >= 0; n--) { expect(h.now).toBe(was[n]); h = undo(h); }
      expect(undo(h)).toBe(h);
      for (let n = 0; n < was.length; n++) { expect(h.now).toBe(was[n]); h = redo(h); }
      expect(redo(h)).toBe(h);
    }
  });
  it("takes what belongs together as one step", () => {
    const a = of("a"), b = of("b"), c = of("c"), d = of("d");
    let h = step(step(step(begin(a), b, 0, "trim"), c, 100, "trim"), d, 5000, "trim");
    expect((h = undo(h)).now).toBe(c);
    expect((h = undo(h)).now).toBe(a);
  });
  it("forgets what is too long ago", () => {
    let h = begin(of(""));
    for (let i = 0; i < most + 50; i++) h = step(h, of(String(i)), i * 1e6);
    expect(h.past.length).toBe(most);
  });
});

describe("times on air", () => {
  const d = of("a b c d");
  const lengths: Record<string, number | null> = { a: 10_000, b: 20_000, c: 0, d: 30_000 };
  const length = (r: { item: Item }) => lengths[r.item.source!] ?? null;
  it("follow from lengths, round a loop", () => {
    const t = walk(d.rows, length, { from: 1, at: 1000, loops: true, away: [] });
    expect([...t.starts]).toEqual([51_000, 1000, NaN, 21_000]);
    expect(t.end).toBe(51_000);
    expect(startAt(t, d.rows, 3, length)).toBe(21_000); // c does not play
    expect(startAt(t, d.rows, 0, length)).toBe(51_000);
    expect(total(d.rows, length)).toEqual({ ms: 60_000, unknown: 0 });
  });
  it("go on after what airs in between", () => {
    const t = walk(d.rows, length, { from: 0, at: 0, loops: false, away: [{ from: 15_000, to: 100_000 }] });
    expect([...t.starts]).toEqual([0, 10_000, NaN, 115_000]);
    expect(awayOf([{ at: 10_000, end: 15_000, length: 20_000 }, { at: 0, end: 10_000, length: 10_000 }, { at: 115_000, end: 145_000, length: 30_000 }])).toEqual([{ from: 15_000, to: 100_000 }]);
  });
  it("are not known after what has no known length", () => {
    const t = walk(of("a x b").rows, length, { from: 0, at: 0, loops: false, away: [] });
    expect([...t.starts]).toEqual([0, 10_000, NaN]);
    expect([...walk(d.rows, length, null).starts]).toEqual([NaN, NaN, NaN, NaN]);
  });
});

describe("two people's edits", () => {
  const text = (d: Draft) => JSON.stringify(documentOf(d));
  it("come to what the one made who edited alone", () => {
    const roll = dice(5);
    for (let i = 0; i < 400; i++) {
      const base = of("a b c d e f");
      let mine = base;
      for (let n = 0; n < 4; n++) mine = edited(mine, roll);
      for (const m of [merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)]) {
        expect(text(m.draft)).toBe(text(mine));
        expect(m.clashes).toEqual([]);
        expect(m.heads).toEqual([]);
      }
    }
  });
  it("lose nothing that either has added or changed", () => {
    const roll = dice(9);
    for (let i = 0; i < 400; i++) {
      const base = of("a b c d e f");
      let mine = base, theirs = base;
      for (let n = 0; n < 3; n++) { mine = edited(mine, roll); theirs = edited(theirs, roll); }
      const m = merge(base, mine, theirs);
      const there = new Map(m.draft.rows.map((r) => [r.key, r.item]));
      expect(there.size).toBe(m.draft.rows.length);
      const clashed = new Set(m.clashes.map((c) => c.key));
      for (const d of [mine, theirs]) for (const k of changedRows(d, base)) if (!clashed.has(k)) expect(there.get(k)).toEqual(d.rows.find((r) => r.key === k)!.item);
      for (const k of clashed) expect(there.has(k)).toBe(true); // an edit wins over a removal
    }
  });
  it("clash only where both changed the same, and the chosen side counts", () => {
    const base = of("a b c");
    const b = keys(base, "b"), key = [...b][0]!;
    const mine = change(base, b, { title: "mine" }), theirs = change(base, b, { title: "theirs" });
    expect(merge(base, mine, theirs).clashes.map((c) => c.key)).toEqual([key]);
    expect(merge(base, mine, theirs).draft.rows[1]!.item.title).toBe("mine");
    expect(merge(base, mine, theirs, new Map([[key, "theirs"]])).draft.rows[1]!.item.title).toBe("theirs");
    expect(merge(base, setHead(base, { name: "x" }), setHead(base, { name: "y" })).heads).toEqual(["name"]);
    expect(names(merge(base, remove(base, b), mine).draft)).toBe("a b c");
    expect(names(merge(base, remove(base, b), mine, new Map([[key, "mine"]])).draft)).toBe("a c");
  });
  it("put added rows where they were added", () => {
    const base = of("a b c d");
    const mine = insert(base, 1, [{ source: "m" }]), theirs = insert(move(base, keys(base, "d"), 0), 4, [{ source: "t" }]);
    expect(names(merge(base, mine, theirs).draft)).toBe("d a m b c t");
  });
  it("are found again in a document by what the rows say", () => {
    const base = of("a b a c");
    const theirs = aligned(base, { items: [{ source: "c" }, { source: "a" }, { source: "b", title: "B" }, { source: "x" }] });
    const [a, b, , c] = base.rows.map((r) => r.key);
    expect(theirs.rows.slice(0, 3).map((r) => r.key)).toEqual([c, a, b]);
    expect(base.rows.map((r) => r.key)).not.toContain(theirs.rows[3]!.key);
    expect(aligned(base, documentOf(base)).rows).toEqual(base.rows);
    expect(beside(base, theirs).map((r) => `${r.mine?.source ?? "-"}${r.theirs?.source ?? "-"} ${r.what}`)).toEqual(["aa same", "bb changed", "-x removed", "a- added", "cc moved"]);
  });
});
