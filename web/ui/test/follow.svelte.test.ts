import { flushSync } from "svelte";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => { vi.unstubAllGlobals(); vi.resetModules(); });

/** A rundown as long as is asked for. */
function endless() {
  const asked: number[] = [];
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { documentElement: { dataset: {}, lang: "" } });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("fetch", (url: string) => {
    const limit = Number(new URL(url, "http://x").searchParams.get("limit"));
    asked.push(limit);
    const entry = (i: number) => ({ id: `${i}`, playlist: "main.yml", mode: "base", title: `${i}`, source: "x.mp4", plays: true, on_air: i === 0, start: new Date(i * 1000).toISOString(), end: new Date(i * 1000 + 1000).toISOString(), planned: null, in_s: null, out_s: null, cut: false, warnings: [] });
    return Promise.resolve(new Response(JSON.stringify(Array.from({ length: limit }, (_, i) => entry(i))), { headers: { "Content-Type": "application/json" } }));
  });
  return asked;
}

it("goes on following once more of the rundown has been asked for", async () => {
  const asked = endless();
  const { Rundown } = await import("../src/pages/onair/rundown.svelte");
  const rundown = new Rundown();
  let begun = 0;
  const stop = $effect.root(() => { $effect(() => { begun++; return rundown.follow(); }); });
  flushSync();
  await vi.waitFor(() => expect(rundown.rows).toHaveLength(60));
  expect(rundown.more()).toBe(true);
  flushSync();
  await vi.waitFor(() => expect(rundown.rows).toHaveLength(180));
  const before = asked.length;
  await rundown.refresh();
  expect([begun, asked.length - before]).toEqual([1, 1]);
  stop();
});
