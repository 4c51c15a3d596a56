import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Kept } from "../src/lib/draft/keep";

const store = new Map<string, Kept>();
vi.mock("../src/lib/draft/keep", () => ({
  keep: (k: Kept) => { store.set(k.id, structuredClone(k)); return Promise.resolve(true); },
  drop: (id: string) => { store.delete(id); return Promise.resolve(); },
  kept: (who: string) => Promise.resolve([...store.values()].filter((k) => k.who === who)),
}));

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { documentElement: { dataset: {}, lang: "" } });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
});
afterEach(() => { store.clear(); vi.unstubAllGlobals(); vi.resetModules(); });

it("a draft stays its owner's when the session has ended", async () => {
  const { session } = await import("../src/api/session.svelte");
  const { Editor } = await import("../src/pages/playlists/editor.svelte");
  const { insert } = await import("../src/lib/draft/draft");
  session.me = { name: "anna", role: "operator", via: "desk" } as never;
  const e = new Editor("main.yml", "tab:anna:main.yml", "anna");
  e.create({ items: [] });
  e.edit(insert(e.draft, 0, [{ source: "a.mp4" }]));
  session.me = null;
  await e.keepNow();
  expect([...store.values()].map((k) => k.who)).toEqual(["anna"]);
});
