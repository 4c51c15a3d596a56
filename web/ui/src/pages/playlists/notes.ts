// What there is to say at a row: mistakes, why it does not play, what cuts it.

import type { Row } from "../../lib/draft/draft";
import { sentence } from "../../lib/judge";
import type { Airing } from "./foresight.svelte";
import type { Told } from "./known.svelte";

export interface Note { text: string; level: "error" | "warning"; missing: boolean } // missing: another file would mend it

interface Said { problem: { severity: string; message: string }; key: number | null }

/** The notes of each row that has any. */
export function notesOf(rows: readonly Row[], problems: readonly Said[], told: (r: Row) => Told | undefined, airing: (r: Row) => Airing | undefined, cutAt: (end: number) => string): Map<number, Note[]> {
  const notes = new Map<number, Note[]>();
  const add = (key: number, n: Note) => {
    const list = notes.get(key);
    if (!list) notes.set(key, [n]);
    else if (!list.some((o) => o.text === n.text)) list.push(n);
  };
  for (const { problem, key } of problems) {
    if (key !== null) add(key, { text: sentence(problem.message), level: problem.severity === "error" ? "error" : "warning", missing: false });
  }
  for (const r of rows) {
    const t = told(r);
    if (t && t.why && !t.plays) add(r.key, { text: sentence(t.why), level: "warning", missing: r.item.source !== undefined });
    const a = airing(r);
    if (a?.cut && a.end !== null) add(r.key, { text: cutAt(a.end), level: "warning", missing: false });
  }
  return notes;
}

let pen: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

/** How many lines a text takes in a width, at 12 px; a little more than less. */
export function linesOf(text: string, width: number): number {
  if (pen === undefined) {
    pen = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
    if (pen) pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  }
  let w = widths.get(text);
  if (w === undefined) {
    w = pen ? pen.measureText(text).width : text.length * 7;
    if (widths.size > 2000) widths.clear();
    widths.set(text, w);
  }
  return Math.max(1, Math.ceil((w * 1.06 + 8) / Math.max(60, width)));
}
