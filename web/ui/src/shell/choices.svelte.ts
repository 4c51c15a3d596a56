// What each person chooses for themselves; kept in this browser.

import { useLanguage, type Language } from "../words/words.svelte";

export type Theme = "system" | "dark" | "light";

const load = (key: string): string => {
  try { return localStorage.getItem(`airloom.${key}`) ?? ""; } catch { return ""; }
};
const save = (key: string, value: string): void => {
  try { localStorage.setItem(`airloom.${key}`, value); } catch { /* private browsing: for this visit only */ }
};

class Choices {
  theme = $state<Theme>("system");
  language = $state<Language>("en");
  letters = $state(true); // single letters act as keys
  sticky = $state(false); // press twice in place of pressing long
  compact = $state(false); // rows without file names

  set<K extends "theme" | "language" | "letters" | "sticky" | "compact">(key: K, value: Choices[K]): void {
    (this as Pick<Choices, K>)[key] = value;
    save(key, String(value));
    this.apply();
  }

  apply(): void {
    const root = document.documentElement;
    if (this.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = `airloom-${this.theme}`;
    useLanguage(this.language);
  }
}

export const choices = new Choices();

/** Takes what was chosen in an earlier visit; the language is the browser's where none was. */
export function applyChoices(): void {
  const theme = load("theme");
  if (theme === "dark" || theme === "light") choices.theme = theme;
  const language = load("language") || navigator.language;
  choices.language = language.toLowerCase().startsWith("zh") ? "zh" : "en";
  choices.letters = load("letters") !== "false";
  choices.sticky = load("sticky") === "true";
  choices.compact = load("compact") === "true";
  choices.apply();
}
