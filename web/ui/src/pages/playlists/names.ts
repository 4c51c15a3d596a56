// File names for playlists, from what people call them.

/** "Evening show" gives evening-show.yml; letters of every script stay. "" where nothing is left. */
export function fileNameOf(title: string): string {
  const t = title.trim();
  if (/\.(ya?ml|json)$/i.test(t) && !/\s/.test(t)) return t;
  const name = t.toLowerCase().normalize("NFKC").replace(/[^\p{L}\p{N}/]+/gu, "-").replace(/\/+/g, "/").replace(/-?\/-?/g, "/").replace(/^[-/]+|[-/]+$/g, "");
  return name ? `${name}.yml` : "";
}

/** The text of a file: UTF-8, or what old lists of the language's part of the world are written in. */
export function decoded(data: ArrayBuffer, language: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return new TextDecoder(language.startsWith("zh") ? "gb18030" : "windows-1252").decode(data);
  }
}
