// The keyboard. Keys are named as in "s", "Ctrl+z", "Alt+ArrowUp", "Shift+i", "?".
// Single letters never act inside a field, and can be switched off altogether.

import { choices } from "../shell/choices.svelte";
import { route, type Page } from "./route.svelte";

export type Keys = Record<string, (e: KeyboardEvent) => void>;

/** Where keys act: what they do, and the element that they belong to; none: the whole page. */
interface Scope { down: Keys; up: Keys; root?: () => Element | null | undefined }

const scopes: Scope[] = [];

/**
 * Has keys act while a page or panel is there; the newest comes first. While a dialog
 * is open only those act whose root is in it, and Escape. Call what it returns to end that.
 */
export function keys(down: Keys, up: Keys = {}, root?: Scope["root"]): () => void {
  const scope = { down, up, root };
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

const topDialog = (): Element | undefined => [...document.querySelectorAll("dialog[open]")].at(-1);
const acts = (s: Scope, dialog: Element | undefined, name: string): boolean => !dialog || name === "Escape" || dialog.contains(s.root?.() ?? null);

/** A key is let go: a press ends, whatever modifier or dialog has come meanwhile. */
function released(e: KeyboardEvent): void {
  const name = nameOf(e).replace(/^(Ctrl\+|Alt\+|Shift\+)+(?=.)/, "");
  for (const s of [...scopes]) s.up[name]?.(e);
}

function pressed(e: KeyboardEvent): void {
  if (e.isComposing || e.defaultPrevented) return;
  const name = nameOf(e);
  const single = name.length === 1 || name.startsWith("Shift+") && name.length === 7;
  const inField = e.target instanceof Element && e.target.matches(fields);
  if (inField && (single || !/^Ctrl\+[ks]$|^Escape$/.test(name))) return;
  const dialog = topDialog();
  if (single && !choices.letters && /^[a-z]$/i.test(name.slice(-1))) return;
  if (Date.now() < chord && pagesByKey[name] && !dialog) {
    chord = 0;
    e.preventDefault();
    route.go(pagesByKey[name]);
    return;
  }
  for (const s of scopes) {
    const f = s.down[name];
    if (!f || !acts(s, dialog, name)) continue;
    f(e);
    if (!name.startsWith("Tab")) e.preventDefault();
    return;
  }
  if (name === "g" && !dialog) chord = Date.now() + 1500;
}

if (typeof window !== "undefined") {
  window.addEventListener("keydown", pressed);
  window.addEventListener("keyup", released, true);
}
