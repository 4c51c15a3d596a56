// @ts-expect-error The types of Node are not among our packages.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css: string = readFileSync(new URL("../src/app.css", import.meta.url), "utf8");

/** The tokens of a theme, as the page gets them. */
function theme(name: string): Record<string, string> {
  const block = [...css.matchAll(/@plugin "daisyui\/theme" \{([^}]*)\}/g)].map((m) => m[1]!).find((b) => b.includes(`"airloom-${name}"`))!;
  return Object.fromEntries([...block.matchAll(/--color-([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!]));
}

/** WCAG 2's relative luminance and contrast. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

/** As the direction has it, with one decimal. */
const promised = (got: number, want: number, what: string) => expect(Math.abs(got - want), `${what}: ${got.toFixed(2)}, promised ${want}`).toBeLessThan(0.1);

const grounds = ["base-200", "base-100", "base-300"];

// Pairs, and what the direction has computed for them: on 200, 100, 300.
const table: Record<string, { dark: number[]; light: number[] }> = {
  "base-content": { dark: [16.0, 14.9, 12.8], light: [15.4, 17.2, 13.8] },
  quiet: { dark: [7.9, 7.3, 6.3], light: [6.5, 7.2, 5.8] },
  primary: { dark: [9.2, 8.5, 7.3], light: [6.2, 7.0, 5.6] },
  warning: { dark: [10.4, 9.7, 8.3], light: [6.7, 7.5, 6.0] },
  success: { dark: [9.0, 8.3, 7.2], light: [6.0, 6.8, 5.4] },
  edge: { dark: [4.6, 4.2, 3.6], light: [4.1, 4.5, 3.6] },
};
const fills: [string, string, number, number][] = [
  ["tally-content", "tally", 5.2, 5.8], ["primary-content", "primary", 8.7, 7.0], ["error-content", "error", 10.6, 10.6],
  ["base-content", "pick", 12.0, 14.5], ["quiet", "pick", 5.9, 6.1], ["primary", "pick", 6.9, 5.8],
  ["base-content", "note", 13.1, 15.6], ["warning", "note", 8.6, 6.8],
];

describe.each(["dark", "light"] as const)("the %s theme", (name) => {
  const t = theme(name);

  it("has the contrasts that the direction promises", () => {
    for (const [pair, want] of Object.entries(table)) {
      grounds.forEach((g, i) => promised(contrast(t[pair]!, t[g]!), want[name][i]!, `${pair} on ${g}`));
      expect(Math.min(...want[name])).toBeGreaterThanOrEqual(pair === "edge" ? 3 : 4.5);
    }
    for (const [on, fill, dark, light] of fills) promised(contrast(t[on]!, t[fill]!), name === "dark" ? dark : light, `${on} on ${fill}`);
  });

  it("shows the tally beside the panel", () => {
    promised(contrast(t.tally!, t["base-100"]!), name === "dark" ? 3.3 : 5.8, "tally");
  });

  it("can be read where the status bar is amber, and on pictures", () => {
    expect(contrast("#463200", t.error!), "second text").toBeGreaterThanOrEqual(4.5);
    expect(contrast("#ffb627", "#1a1200"), "plate").toBeGreaterThanOrEqual(4.5);
    expect(contrast("#ffcf6b", "#1a1200"), "strip on a picture").toBeGreaterThanOrEqual(4.5);
  });

  it("has the same tokens as the other", () => {
    expect(Object.keys(t).sort()).toEqual(Object.keys(theme(name === "dark" ? "light" : "dark")).sort());
    expect(Object.keys(t).length).toBeGreaterThan(25);
  });
});
