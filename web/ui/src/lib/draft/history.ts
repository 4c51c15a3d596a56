// Undo and redo: the drafts that were, and those that were taken back. Edits with the
// same name that follow each other closely, such as a handle being dragged, are one
// step.

import type { Draft } from "./draft";

export interface History {
  readonly past: readonly Draft[];
  readonly now: Draft;
  readonly future: readonly Draft[];
  readonly name: string; // of the last edit, while it may still grow; "" otherwise
  readonly at: number; // when it was made, ms
}

/** How many steps are kept. */
export const most = 300;
const together = 1500;

export const begin = (now: Draft): History => ({ past: [], now, future: [], name: "", at: 0 });

/** Adds an edit; with a name, it grows the last one of that name. */
export function step(h: History, now: Draft, at: number, name = ""): History {
  if (now === h.now) return h;
  const grows = name !== "" && name === h.name && at - h.at < together && h.past.length > 0;
  const past = grows ? h.past : [...h.past.slice(-(most - 1)), h.now];
  return { past, now, future: [], name, at };
}

export function undo(h: History): History {
  const now = h.past[h.past.length - 1];
  return now ? { past: h.past.slice(0, -1), now, future: [h.now, ...h.future], name: "", at: 0 } : h;
}

export function redo(h: History): History {
  const now = h.future[0];
  return now ? { past: [...h.past, h.now], now, future: h.future.slice(1), name: "", at: 0 } : h;
}
