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

const text = (id: string, name: string, at = 1): Kept => ({ id, name, who: "anna", base: "v1", was: null, document: null, text: "items: []\n# mine\n", at });

/** An engine with one playlist, at the version; "" when it is gone. */
function engine(version: string) {
  vi.stubGlobal("sessionStorage", { getItem: () => "tab", setItem: () => undefined });
  vi.stubGlobal("EventSource", class {});
  (globalThis.document as unknown as Record<string, unknown>).addEventListener = () => undefined;
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("fetch", () => Promise.resolve(version ? new Response("items: []\n", { headers: { "Content-Type": "text/plain", ETag: `"${version}"` } }) : new Response("{}", { status: 404, headers: { "Content-Type": "application/problem+json" } })));
}

it("offers drafts that were made as text, and takes them up as text", async () => {
  engine("v2");
  const { session } = await import("../src/api/session.svelte");
  const { desk } = await import("../src/pages/playlists/desk.svelte");
  const { TextEditor } = await import("../src/pages/playlists/text.svelte");
  session.me = { name: "anna", role: "operator", via: "desk" } as never;
  const own = desk.textID("main.yml");
  store.set("gone:anna:main.yml:text", text("gone:anna:main.yml:text", "main.yml"));
  await desk.start();
  expect(desk.found.map((k) => k.id)).toEqual(["gone:anna:main.yml:text"]);
  await desk.take(desk.found[0]!);
  expect([...store.keys()]).toEqual([own]);

  store.set("third", text("third", "main.yml"));
  await desk.look();
  await desk.take(store.get("third")!);
  expect([...store.keys()]).toEqual([own, "third"]); // what is one's own is not written over

  desk.texts.add("main.yml");
  expect(desk.found.map((k) => k.id)).toEqual(["third"]);
  const t = new TextEditor("main.yml", own, "anna");
  await t.open();
  expect([t.state, t.text, t.version, t.theirs?.version, t.dirty]).toEqual(["ready", "items: []\n# mine\n", "v1", "v2", true]);
});

it("gives a text back whose playlist is gone", async () => {
  engine("");
  const { TextEditor } = await import("../src/pages/playlists/text.svelte");
  store.set("mine", text("mine", "main.yml"));
  const t = new TextEditor("main.yml", "mine", "anna");
  await t.open();
  expect([t.state, t.text, t.theirs?.version]).toEqual(["ready", "items: []\n# mine\n", ""]);
  t.keepMine();
  expect([t.version, t.dirty]).toEqual(["", true]);
  const none = new TextEditor("other.yml", "none", "anna");
  await none.open();
  expect(none.state).toBe("missing");
});

it("takes unsaved changes along when a playlist is renamed", async () => {
  engine("v1");
  const { session } = await import("../src/api/session.svelte");
  const { desk } = await import("../src/pages/playlists/desk.svelte");
  const { Editor } = await import("../src/pages/playlists/editor.svelte");
  const { insert } = await import("../src/lib/draft/draft");
  session.me = { name: "anna", role: "operator", via: "desk" } as never;
  await desk.start();
  const e = new Editor("a.yml", desk.id("a.yml"), "anna");
  e.create({ items: [] });
  e.edit(insert(e.draft, 0, [{ source: "a.mp4" }]));
  desk.open.set("a.yml", e);
  store.set("old:anna:a.yml:text", text("old:anna:a.yml:text", "a.yml"));
  store.set(desk.textID("b.yml"), text(desk.textID("b.yml"), "b.yml", 7));
  await desk.renamed("a.yml", "b.yml");
  expect(desk.open.has("a.yml")).toBe(false);
  expect([...store.values()].map((k) => `${k.id} ${k.name}`).sort()).toEqual(["old:anna:b.yml:text b.yml", `${desk.id("b.yml")} b.yml`, `${desk.textID("b.yml")} b.yml`]);
  expect(store.get(desk.id("b.yml"))!.document!.items).toEqual([{ source: "a.mp4" }]);
});

it("asks the engine only about the draft that is on show, and lets go of what has nothing to lose", async () => {
  engine("v1");
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    return Promise.resolve(new Response(JSON.stringify({ until: null, first_change_at: null, total_s: 0, unknown: 0, items: [], changes: [], more: 0, problems: [] }), { headers: { "Content-Type": "application/json" } }));
  });
  const { session } = await import("../src/api/session.svelte");
  const { desk } = await import("../src/pages/playlists/desk.svelte");
  const { Editor } = await import("../src/pages/playlists/editor.svelte");
  const { insert } = await import("../src/lib/draft/draft");
  session.me = { name: "anna", role: "operator", via: "desk" } as never;
  const e = new Editor("a.yml", desk.id("a.yml"), "anna");
  e.create({ items: [] });
  desk.open.set("a.yml", e);
  vi.useFakeTimers();
  try {
    e.ahead.later();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([]);
    const leave = desk.show(e);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(1);
    e.ahead.later();
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    expect(desk.open.has("a.yml")).toBe(false);

    desk.open.set("a.yml", e);
    const again = desk.show(e);
    e.edit(insert(e.draft, 0, [{ source: "a.mp4" }]));
    again();
    expect(desk.open.has("a.yml")).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
  } finally { vi.useRealTimers(); }
});

it("saves over its own save whose answer was lost", async () => {
  vi.stubGlobal("sessionStorage", { getItem: () => "tab", setItem: () => undefined });
  vi.stubGlobal("EventSource", class {});
  const file = { items: [{ source: "a.mp4" }, { source: "b.mp4" }, { source: "c.mp4" }], version: 1 };
  const fates = ["unanswered"];
  const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 300 ? "application/json" : "application/problem+json", ETag: `"v${file.version}"` } });
  const shown = () => ({ name: "main.yml", version: `v${file.version}`, problems: [], items: [], document: { items: file.items } });
  vi.stubGlobal("fetch", (_: string, o: { method: string; body?: string; headers: Record<string, string> }) => {
    if (o.method !== "PUT") return Promise.resolve(answer(200, shown()));
    if (o.headers["If-Match"] !== `"v${file.version}"`) return Promise.resolve(answer(412, { detail: "Somebody else.", ...shown() }));
    file.items = (JSON.parse(o.body!) as { items: { source: string }[] }).items;
    file.version++;
    return fates.pop() ? Promise.reject(new TypeError("network")) : Promise.resolve(answer(200, shown()));
  });
  const { session } = await import("../src/api/session.svelte");
  const { Editor } = await import("../src/pages/playlists/editor.svelte");
  const { remove } = await import("../src/lib/draft/draft");
  session.me = { name: "anna", role: "operator", via: "desk" } as never;
  const e = new Editor("main.yml", "tab:anna:main.yml", "anna");
  await e.open(null);
  e.edit(remove(e.draft, new Set([e.draft.rows[0]!.key])));
  expect(await e.save()).toBe(false);
  e.edit(remove(e.draft, new Set([e.draft.rows[0]!.key])));
  expect(await e.save()).toBe(true);
  expect([file.items.map((i) => i.source), e.elsewhere, e.dirty]).toEqual([["c.mp4"], null, false]);
});
