// Finding items in a long playlist: by every word, in a title or in what it names.

import { textOf, type Row } from "./draft";

/** The places of the rows that have every word. */
export function findRows(rows: readonly Row[], said: string): number[] {
  const words = said.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const places: number[] = [];
  rows.forEach((r, i) => {
    const text = textOf(r);
    if (words.every((w) => text.includes(w))) places.push(i);
  });
  return places;
}

/** Which of the places found comes after a place, or before it; around the ends. -1: none was found. */
export function nextFound(found: readonly number[], from: number, by: 1 | -1): number {
  if (found.length === 0) return -1;
  if (by > 0) { const i = found.findIndex((p) => p > from); return i < 0 ? 0 : i; }
  const i = found.findLastIndex((p) => p < from);
  return i < 0 ? found.length - 1 : i;
}
