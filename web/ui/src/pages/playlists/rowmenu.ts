// What can be done with the rows that are meant.

import type { Words } from "../../words/words.svelte";
import type { Choice } from "./menu.svelte";

export interface Deeds {
  locked: boolean;
  many: number; // rows that are meant
  pasting: number; // items that were copied
  trim: (() => void) | null; // null: it is in sight anyway
  copy: () => void; cut: () => void; paste: () => void; duplicate: () => void; mend: () => void; moveTo: () => void; up: () => void; down: () => void; remove: () => void;
}

export function rowChoices(w: Words["playlists"], d: Deeds): Choice[] {
  const disabled = d.locked;
  return [
    ...(d.trim ? [{ label: w.trimAndMore, icon: "cut" as const, act: d.trim }] : []),
    { label: w.moveUp, detail: "Alt ↑", act: d.up, disabled },
    { label: w.moveDown, detail: "Alt ↓", act: d.down, disabled },
    { label: w.moveTo, act: d.moveTo, disabled },
    { label: w.copy, icon: "copy", detail: "Ctrl C", act: d.copy, rule: true },
    { label: w.cutOut, detail: "Ctrl X", act: d.cut, disabled },
    { label: w.paste(d.pasting), detail: "Ctrl V", act: d.paste, disabled: disabled || d.pasting === 0 },
    { label: w.duplicate, act: d.duplicate, disabled },
    { label: w.replaceFile, icon: "media", act: d.mend, disabled: disabled || d.many > 1, rule: true },
    { label: w.removeItems(d.many), icon: "trash", detail: "Del", act: d.remove, disabled },
  ];
}
