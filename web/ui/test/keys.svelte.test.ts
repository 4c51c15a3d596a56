import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** Stands in for the page: what listens, and the dialogs that are open. */
const heard: Record<string, (e: KeyboardEvent) => void> = {};
let dialogs: { contains: (e: unknown) => boolean }[] = [];
let keys: typeof import("../src/lib/keys.svelte").keys;

beforeEach(async () => {
  dialogs = [];
  vi.resetModules();
  vi.stubGlobal("Element", class {});
  vi.stubGlobal("document", { documentElement: { dataset: {} }, querySelectorAll: () => dialogs, addEventListener: () => undefined });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("location", { pathname: "/on-air", search: "", hash: "" });
  vi.stubGlobal("history", { replaceState: () => undefined, pushState: () => undefined });
  vi.stubGlobal("window", { addEventListener: (name: string, f: (e: KeyboardEvent) => void) => { heard[name] = f; }, location, history, localStorage });
  ({ keys } = await import("../src/lib/keys.svelte"));
});
afterEach(() => { vi.unstubAllGlobals(); });

const press = (key: string, more: object = {}) => heard.keydown!({ key, preventDefault: () => undefined, ...more } as unknown as KeyboardEvent);
const release = (key: string, more: object = {}) => heard.keyup!({ key, ...more } as unknown as KeyboardEvent);

it("lets a press go, whatever has come meanwhile", () => {
  const down = vi.fn(), up = vi.fn();
  keys({ h: down }, { h: up });
  press("h");
  expect(down).toHaveBeenCalledOnce();
  release("H", { shiftKey: true });
  expect(up).toHaveBeenCalledTimes(1);
  release("h", { ctrlKey: true });
  expect(up).toHaveBeenCalledTimes(2);
  dialogs = [{ contains: () => false }];
  release("h");
  expect(up).toHaveBeenCalledTimes(3);
  release("h", { defaultPrevented: true });
  expect(up).toHaveBeenCalledTimes(4);
  release("j");
  expect(up).toHaveBeenCalledTimes(4);
});

it("acts below a dialog for Escape alone, and in it for what belongs to it", () => {
  const page = vi.fn(), panel = vi.fn(), escape = vi.fn();
  const root = {} as Element;
  keys({ i: panel, "Ctrl+s": panel }, {}, () => root);
  keys({ i: page, Escape: escape });
  press("i");
  expect([page.mock.calls.length, panel.mock.calls.length]).toEqual([1, 0]);
  dialogs = [{ contains: (e) => e === root }];
  press("i");
  press("s", { ctrlKey: true });
  press("Escape");
  expect([page.mock.calls.length, panel.mock.calls.length, escape.mock.calls.length]).toEqual([1, 2, 1]);
  dialogs.push({ contains: () => false });
  press("i");
  expect(panel, "another dialog above it").toHaveBeenCalledTimes(2);
});
