// The keyboard. Keys are named as in "s", "Ctrl+z", "Alt+ArrowUp", "Shift+i", "?".
// Single letters never act inside a field, and can be switched off altogether.

import { choices } from "../shell/choices.svelte";
import { route, type Page } from "./route.svelte";

export type Keys = Record<string, (e: KeyboardEvent) => void>;

const scopes: { down: Keys; up: Keys }[] = [];

/** Has keys act while a page or panel is there; the newest comes first. Call what it returns to end that. */
export function keys(down: Keys, up: Keys = {}): () => void {
  const scope = { down, up };
  scopes.unshift(scope);
  return () => { scopes.splice(scopes.indexOf(scope), 1); };
}

/** The key's name. Letters are lower case; Shift is named beside letters and named keys only. */
export function nameOf(e: KeyboardEvent): string {
  const letter = /^[a-z]$/i.test(e.key);
  const key = letter ? e.key.toLowerCase() : e.key === " " ? "Space" : e.key;
  const shift = e.shiftKey && (letter || key.length > 1);
  return `${e.ctrlKey || e.metaKey ? "Ctrl+" : ""}${e.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

const fields = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";
const pagesByKey: Record<string, Page> = { o: "on-air", p: "playlists", s: "schedule", m: "media", a: "asrun", y: "system" };
let chord = 0;

function handle(e: KeyboardEvent, which: "down" | "up"): void {
  if (e.isComposing || e.defaultPrevented) return;
  const name = nameOf(e);
  const single = name.length === 1 || name.startsWith("Shift+") && name.length === 7;
  const inField = e.target instanceof Element && e.target.matches(fields);
  if (inField && (single || !/^Ctrl\+[ks]$|^Escape$/.test(name))) return;
  if (document.querySelector("dialog[open]") && name !== "Escape") return;
  if (single && !choices.letters && /^[a-z]$/i.test(name.slice(-1))) return;
  if (which === "down" && Date.now() < chord && pagesByKey[name]) {
    chord = 0;
    e.preventDefault();
    route.go(pagesByKey[name]);
    return;
  }
  for (const s of scopes) {
    const f = s[which][name];
    if (f) { f(e); if (which === "down" && !name.startsWith("Tab")) e.preventDefault(); return; }
  }
  if (which === "down" && name === "g") chord = Date.now() + 1500;
}

if (typeof window !== "undefined") {
  window.addEventListener("keydown", (e) => handle(e, "down"));
  window.addEventListener("keyup", (e) => handle(e, "up"));
}
