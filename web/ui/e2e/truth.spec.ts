// What the desk shows while somebody else works hard: looked at several times a second
// and handed to the Go side, which holds it against what was sent. See
// cmd/airloom/desk_truth_test.go.

import { expect, test, type APIRequestContext, type Page } from "playwright/test";
import { order, readMarker, signIn, stage } from "./stage";

const told = stage as typeof stage & { token: string; changes: number; seed: number; pictures: Record<string, number> };

interface Item { source: string; title: string; in: number; out: number }
interface Change { asked: number; answered: number; what: string }

/** What one glance at the page says. Runs in the page. */
function glance(read: typeof readMarker) {
  const text = (selector: string) => document.querySelector(selector)?.textContent?.trim() ?? "";
  return {
    title: text(".now h1"), count: text(".now [role=timer]"), problem: text(".now .problem"),
    next: text(".now .next b"), nextAt: text(".now .next time"),
    plate: document.querySelector<HTMLElement>("[data-plate]")?.dataset.plate ?? "", head: text("header .head"), line: text("header .line"),
    label: text("figcaption"), marker: read("video"), at: Date.now(),
  };
}
type Glance = ReturnType<typeof glance>;

/** Chance that can be had again. */
function chance(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

/** Somebody who works at another desk. */
class Somebody {
  readonly changes: Change[] = [];
  #waits = 0;
  constructor(private readonly ask: APIRequestContext, private readonly any: (n: number) => number) {}

  /** An item that says itself which pictures of which clip it airs. */
  item(): Item {
    const clips = Object.keys(told.pictures), clip = clips[this.any(clips.length)]!;
    const all = told.pictures[clip]!;
    const length = Math.min(all, 40 + 5 * this.any(8));
    const first = 5 * this.any(Math.floor((all - length) / 5) + 1);
    return { source: `${clip}.mp4`, title: `${clip} ${first}-${first + length}`, in: first / 25, out: (first + length) / 25 };
  }

  /** Does something by chance; what is refused was none. */
  async work(): Promise<void> {
    const before = this.changes.length;
    if (before >= this.#waits * 12 + 8) return this.stand(this.#waits++ % 2 ? "slate" : "hold");
    while (this.changes.length === before) {
      switch (this.any(11)) {
        case 0: await this.command("skip"); break;
        case 1: await this.command("back"); break;
        case 2: await this.command("restart"); break;
        case 3: await this.command("undo"); break;
        case 4: case 5: case 6: await this.command("take", { playlist: this.any(3) ? "main.yml" : "other.yml", index: this.any(2), next: this.any(3) === 0 }); break;
        default: await this.edit();
      }
    }
  }

  private async command(what: string, data: object = {}): Promise<void> {
    const asked = Date.now();
    const r = await this.ask.post(`/api/v1/commands/${what}`, { data });
    if (r.ok()) this.changes.push({ asked, answered: Date.now(), what: `${what} ${JSON.stringify(data)}` });
    else expect([400, 409, 422, 504], `${what}: ${await r.text()}`).toContain(r.status());
  }

  /** Lets the programme wait, long enough to be seen. */
  private async stand(what: "hold" | "slate"): Promise<void> {
    await this.command(what, { on: true });
    await pause(2300 + this.any(500));
    await this.command(what, { on: false });
  }

  private async edit(): Promise<void> {
    const at = "/api/v1/playlists/main.yml";
    const got = await this.ask.get(at);
    const { document } = (await got.json()) as { document: { items: Item[] } };
    const items = document.items, i = this.any(items.length);
    let what = "";
    switch (this.any(4)) {
      case 0: what = "add"; items.splice(i, 0, this.item()); break;
      case 1: what = "trim"; items[i] = this.item(); break;
      case 2: if (items.length > 4) { what = "remove"; items.splice(i, 1); break; } // falls through: there are few
      default: what = "move"; items.splice(this.any(items.length), 0, ...items.splice(i, 1));
    }
    const asked = Date.now();
    const r = await this.ask.put(at, { data: document, headers: { "If-Match": got.headers()["etag"]! } });
    expect(r.ok(), await r.text()).toBe(true);
    this.changes.push({ asked, answered: Date.now(), what: `${what} at ${i}` });
  }
}

/** So long nobody does anything, now and then, so that items end by themselves. */
const breath = 3600;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Glances at the page again and again, until it is told to end. */
async function watch(page: Page, seen: Glance[], over: () => boolean): Promise<void> {
  while (!over()) {
    seen.push((await page.evaluate(`(${glance})(${readMarker})`)) as Glance);
    await pause(180);
  }
}

test("what is shown is what is sent", async ({ page, playwright }) => {
  test.setTimeout(120_000 + told.changes * 3000);
  await signIn(page);
  await expect(page.locator("[data-plate=unchecked]")).toBeVisible();
  await expect(page.locator("figcaption")).toContainText("behind", { timeout: 30_000 });
  const ask = await playwright.request.newContext({ baseURL: process.env.AIRLOOM_URL!, extraHTTPHeaders: { Authorization: `Bearer ${told.token}` } });
  const any = chance(told.seed), jonas = new Somebody(ask, any), seen: Glance[] = [];
  let over = false;
  const watching = watch(page, seen, () => over);
  try {
    await pause(breath);
    for (let n = 1; jonas.changes.length < told.changes; n++) {
      await jonas.work();
      await pause(n % 9 ? 300 + any(600) : breath);
    }
    await pause(3 * breath); // long enough for joins that nobody has a hand in
  } finally { over = true; }
  await watching;
  await order("seen", JSON.stringify({ seen, changes: jonas.changes }));
});
