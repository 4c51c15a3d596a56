import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const schedule = (file: string) => (file === "new.yml" ? undefined : { cron: "0 20 * * *", start: "hard" });

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("document", { documentElement: { dataset: {}, lang: "" } });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("fetch", (url: string) => {
    const file = decodeURIComponent(/playlists\/([^/]+)/.exec(url)?.[1] ?? "");
    const body = url.endsWith("/effects") ? { problems: [], total_s: 0, items: [], changes: [], first_change_at: null } : { problems: [], version: "1", document: { title: file, schedule: schedule(file), items: [] } };
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json", ETag: '"1"' } }));
  });
});
afterEach(() => { vi.unstubAllGlobals(); vi.resetModules(); });

const at = Date.parse("2026-11-21T20:00:00Z");
async function opened(file = "a.yml") {
  const { StartEdit } = await import("../src/pages/schedule/edit.svelte");
  const { session } = await import("../src/api/session.svelte");
  session.me = { name: "anna", role: "operator" } as unknown as typeof session.me;
  const edit = new StartEdit();
  expect(await edit.open(file, at)).toBe(true);
  return { edit, session };
}

describe("a start that was changed", () => {
  it("is not given up for another without being asked", async () => {
    const { edit } = await opened();
    edit.set({ start: "soft" });
    expect(await edit.open("b.yml", at)).toBe(false);
    expect([edit.file, edit.form?.start, edit.leaving?.file]).toEqual(["a.yml", "soft", "b.yml"]);
    await edit.drop();
    expect([edit.file, edit.form?.start, edit.leaving, edit.dirty]).toEqual(["b.yml", "hard", null, false]);
  });
  it("is not given up by Escape, which takes the question back", async () => {
    const { edit } = await opened();
    edit.set({ start: "soft" });
    edit.leave();
    expect([edit.file, edit.leaving?.file]).toEqual(["a.yml", ""]);
    edit.leave();
    expect([edit.file, edit.leaving, edit.form?.start]).toEqual(["a.yml", null, "soft"]);
  });
  it("is there when one comes back to the page, and for nobody else", async () => {
    const { edit, session } = await opened();
    edit.set({ start: "soft" });
    edit.hidden();
    session.me = null; // signed out by the engine, and in again
    session.me = { name: "anna", role: "operator" } as unknown as typeof session.me;
    edit.shown();
    expect([edit.file, edit.form?.start]).toEqual(["a.yml", "soft"]);
    edit.hidden();
    session.me = { name: "ben", role: "operator" } as unknown as typeof session.me;
    edit.shown();
    expect([edit.file, edit.state, edit.form]).toEqual(["", "none", null]);
  });
  it("is kept when its removal is not gone on with", async () => {
    const { edit } = await opened();
    edit.set({ start: "soft" });
    edit.remove();
    edit.hidden();
    expect([edit.removing, edit.form?.start]).toEqual([false, "soft"]);
  });
});

describe("a start that was not changed", () => {
  it("is left at once", async () => {
    const { edit } = await opened();
    expect(await edit.open("b.yml", at)).toBe(true);
    expect(edit.file).toBe("b.yml");
    edit.leave();
    expect(edit.state).toBe("none");
  });
  it("is so, too, where it is new and as it was proposed", async () => {
    const { edit } = await opened("new.yml");
    expect([edit.changed, edit.dirty]).toEqual([true, false]);
    edit.set({ time: "21:00:00" });
    expect(edit.dirty).toBe(true);
  });
});
