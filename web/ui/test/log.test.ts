import { describe, expect, it } from "vitest";
import { appended, cells, millis, prepended, rowsOf, text, type LogLine } from "../src/lib/logLines";

const l = (id: number, message = "m", fields = {}): LogLine => ({ id, at: "2026-01-01T00:00:00Z", level: "info", message, fields });

describe("lines of the log", () => {
  it("are one text", () => {
    expect(text(l(1, "item skipped", { item: "Choir festival, trailer", line: "6", none: "" }))).toBe('item skipped  item="Choir festival, trailer"  line=6  none=""');
  });
  it("are broken after so many cells, wide letters as two", () => {
    expect(cells("ab播出")).toBe(6);
    expect([rowsOf("", 10), rowsOf("0123456789", 10), rowsOf("0123456789x", 10), rowsOf("播出播出播", 9), rowsOf("a\nb", 10)]).toEqual([1, 1, 2, 2, 2]);
    expect(rowsOf("anything", 0)).toBe(1);
  });
  it("tell thousandths, however they are written", () => {
    expect(["2026-11-21T20:37:55.843877476+01:00", "2026-11-21T20:37:55.8Z", "2026-11-21T20:37:55+01:00"].map(millis)).toEqual(["843", "800", "000"]);
  });
  it("come once, in order, and the oldest go", () => {
    const all = appended([l(1), l(2)], [l(2), l(3), { id: 3.5, lost: true }, l(4)], 4);
    expect(all.map((x) => x.id)).toEqual([2, 3, 3.5, 4]);
    expect(prepended(all, [l(2), l(1), l(0)]).map((x) => x.id)).toEqual([0, 1, 2, 3, 3.5, 4]);
  });
});
