import { afterEach, expect, it, vi } from "vitest";
import { Insertion, openPlaylist, playNext } from "../src/pages/media/toPlaylist";

afterEach(() => vi.unstubAllGlobals());

type Fate = "" | "unanswered" | "never" | "refused";

/** An engine with one playlist, and what becomes of the next requests that change something. */
function engine(...fates: Fate[]) {
  const e = { items: ["a"], version: 1, taken: [] as unknown[], puts: 0, save(items: string[]) { e.items = items; e.version++; } };
  const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ETag: `"${e.version}"` } });
  const shown = () => answer(200, { name: "l", version: `v${e.version}`, problems: [], document: { items: e.items.map((source) => ({ source })) } });
  vi.stubGlobal("fetch", (url: string, o: { method: string; body?: string; headers: Record<string, string> }) => {
    if (o.method === "GET") return Promise.resolve(shown());
    const fate = fates.shift() ?? "";
    if (fate === "never") return Promise.reject(new TypeError("network"));
    if (fate === "refused") return Promise.resolve(answer(403, { detail: "No." }));
    const body = JSON.parse(o.body!) as { items: { source: string }[] };
    if (url.includes("/commands/take")) { e.taken.push(body); return Promise.resolve(answer(200, {})); }
    e.puts++;
    if (o.headers["If-Match"] !== `"${e.version}"`) return Promise.resolve(answer(412, { detail: "Somebody else." }));
    e.save(body.items.map((i) => i.source));
    return fate === "unanswered" ? Promise.reject(new TypeError("network")) : Promise.resolve(shown());
  });
  return e;
}
const made = async (paths: string[], at: number) => new Insertion((await openPlaylist("l"))!, paths, at);

it("puts files in once, however often it is asked", async () => {
  const e = engine();
  const i = await made(["x", "y"], 1);
  expect(await i.run()).toEqual({ at: 1, version: "v2" });
  expect(await i.run()).toEqual({ at: 1, version: "v2" });
  expect([e.items, e.puts]).toEqual([["a", "x", "y"], 1]);
});

it("looks first where a save was not answered", async () => {
  for (const at of [0, 1]) {
    const e = engine("unanswered");
    const i = await made(["x"], at);
    await expect(i.run()).rejects.toThrow();
    expect(i.doubtful).toBe(true);
    expect(await i.run()).toEqual({ at, version: "v2" });
    expect([e.puts, e.items.length, i.doubtful]).toEqual([1, 2, false]);
  }
});

it("saves again where it did not arrive", async () => {
  const e = engine("never");
  const i = await made(["x"], 1);
  await expect(i.run()).rejects.toThrow();
  expect(await i.run()).toEqual({ at: 1, version: "v2" });
  expect(e.items).toEqual(["a", "x"]);
});

it("goes to the end of what somebody else has saved, also after a save without answer", async () => {
  for (const fates of [[], ["never"]] as Fate[][]) {
    const e = engine(...fates);
    const i = await made(["x"], 1);
    if (fates.length > 0) await expect(i.run()).rejects.toThrow();
    e.save(["a", "b", "c"]);
    expect((await i.run()).at).toBe(3);
    expect(e.items).toEqual(["a", "b", "c", "x"]);
  }
});

it("does not guess a place among what somebody else has saved", async () => {
  const e = engine();
  const i = await made(["x"], 0);
  e.save(["b", "a"]);
  await expect(i.run()).rejects.toThrow("Somebody else.");
  expect(e.items).toEqual(["b", "a"]);
});

it("puts the item next at the version that has it, and not another item", async () => {
  const e = engine("", "refused");
  const placed = await (await made(["x"], 1)).run();
  await expect(playNext("l", "x", placed)).rejects.toThrow("No.");
  e.save(["a", "x", "z"]); // behind it
  await playNext("l", "x", placed);
  e.save(["z", "a", "x"]);
  await playNext("l", "x", placed); // the engine says that this is overtaken
  expect(e.taken).toEqual([{ playlist: "l", index: 1, version: "v3", next: true }, { playlist: "l", index: 1, version: "v2", next: true }]);
});
