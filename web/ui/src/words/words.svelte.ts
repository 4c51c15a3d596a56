// The words of the chosen language. A further language is one file like en.ts, typed
// by it, and a line here.

import { en } from "./en";
import { zh } from "./zh";

export type Words = typeof en;
export type Language = "en" | "zh";

export const languages: Record<Language, { words: Words; tag: string; name: string }> = {
  en: { words: en, tag: "en", name: "English" },
  zh: { words: zh, tag: "zh-CN", name: "简体中文" },
};

let language = $state<Language>("en");

/** The words; read them where they are shown, so that they follow the language. */
export const say = (): Words => languages[language].words;

/** The language's tag, for dates. */
export const locale = (): string => (language === "en" ? "en-GB" : languages[language].tag);

export function useLanguage(l: Language): void {
  language = l;
  document.documentElement.lang = languages[l].tag;
}
