// Every page and state: nothing that axe finds, nothing from elsewhere, nothing said on
// the console, no scrolling sideways. One browser and one channel for all of them.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Browser, type BrowserContext, type ConsoleMessage, type Page } from "playwright/test";
import { order, signIn, stage } from "./stage";
import { ask, languages, open, views, type View } from "./views";

test.describe.configure({ mode: "serial" });
const words = languages.en.words;
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const quiet = (stage as unknown as { quiet: boolean }).quiet;

/** What a page must not do, as it is seen from outside. */
const faults: string[] = [];
let expected = /$^/; // what may be said while the engine is made to fail

/** No picture of what is no film: the page asks before it knows. */
const unseen = (m: ConsoleMessage) => m.text().includes("422") && m.location().url.includes("/media/thumbnail?");

function watch(context: BrowserContext): void {
  const own = new URL(process.env.AIRLOOM_URL!).origin;
  context.on("request", (r) => { const u = new URL(r.url()); if (!["data:", "blob:"].includes(u.protocol) && u.origin !== own) faults.push(`asks ${r.url()}`); });
  context.on("console", (m) => { if (m.type() === "error" && !expected.test(m.text()) && !unseen(m)) faults.push(`${m.page()?.url()}: ${m.text()} ${m.location().url}`); });
  context.on("weberror", (e) => faults.push(`${e.page()?.url()}: ${e.error().message}`));
}

async function enter(browser: Browser, phone: boolean): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", colorScheme: "dark", reducedMotion: "reduce", ...(phone ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } : { viewport: { width: 1440, height: 900 } }) });
  watch(context);
  return context.newPage();
}

/** Axe over the page: all rules, or contrast alone, which is what themes differ in. */
async function look(page: Page, where: string, only?: "color-contrast"): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const found = await (only ? axe.withRules([only]) : axe.withTags(rules)).analyze();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [...(wide > 0 ? [`${where}: ${wide} px wider than the screen`] : []), ...found.violations.flatMap((v) => v.nodes.map((n) => `${where}: ${v.id}: ${n.target.join(" ")} ${n.html.slice(0, 160)} ${n.any.concat(n.all, n.none).map((c) => c.message).join("; ").slice(0, 200)}`))];
}

/** Both themes of what is there. */
async function both(page: Page, where: string): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await look(page, `${where}, light`, "color-contrast");
  await page.emulateMedia({ colorScheme: "dark" });
  return [...(await look(page, where)), ...light];
}

/** What is found is told at once and judged at the end, so that one run tells all. */
const all: string[] = [];
function say(found: string[]): void {
  const now = [...found, ...faults.splice(0)];
  all.push(...now);
  if (now.length > 0) console.log(now.join("\n"));
}
async function tour(page: Page, which: readonly View[], look: (where: string) => Promise<string[]>): Promise<void> {
  for (const v of which) {
    await test.step(v.name, async () => { await open(page, v, words); say(await look(v.name)); });
  }
}

let desk: Page;

test("signing in", async ({ browser }) => {
  desk = await enter(browser, false);
  expected = /401/; // who am I?
  await desk.goto("/");
  await desk.getByLabel("Name").waitFor();
  say(await both(desk, "sign-in"));
  await signIn(desk);
  expected = /$^/;
});

test("every page at a desk", async () => {
  test.setTimeout(600_000);
  await tour(desk, views, (where) => both(desk, where));
});

test("on a phone", async ({ browser }) => {
  const phone = await enter(browser, true);
  expected = /401/;
  await signIn(phone);
  expected = /$^/;
  const few = ["on-air", "playlists", "editor", "schedule", "media", "asrun", "system"];
  await tour(phone, views.filter((v) => few.includes(v.name)), (where) => look(phone, `${where}, phone`));
  await phone.context().close();
});

test("what is quick", async ({ browser }) => {
  const page = await (await browser.newContext({ storageState: await desk.context().storageState(), viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto("/on-air");
  await expect(page.locator(".now h1")).toBeVisible();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
  await page.evaluate(() => {
    const slow: number[] = ((window as unknown as { slow: number[] }).slow = []);
    new PerformanceObserver((l) => { for (const e of l.getEntries() as PerformanceEventTiming[]) if (e.interactionId) slow.push(e.duration); }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  for (const name of ["Playlists", "Schedule", "Media", "As-run", "System", "On air"]) {
    await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(page.getByRole("link", { name: new RegExp(`^${name}`) })).toHaveAttribute("aria-current", "page");
    await page.waitForTimeout(150);
  }
  const worst = await page.evaluate(() => Math.max(0, ...(window as unknown as { slow: number[] }).slow));
  console.log(`first paint ${Math.round(paint)} ms, worst interaction ${worst} ms`);
  expect(paint).toBeLessThan(quiet ? 1000 : 10_000);
  expect(worst).toBeLessThan(quiet ? 100 : 3000);
  await page.context().close();
});

test("when something is wrong", async () => {
  await desk.goto("/on-air");
  await expect(desk.locator(".now h1")).toBeVisible();
  const found: string[] = [];
  for (const what of ["hold", "slate"]) {
    await ask(`/commands/${what}`, { on: true });
    await expect(desk.locator("[data-plate=fallback]")).toBeVisible();
    found.push(...(await both(desk, what)));
    await ask(`/commands/${what}`, { on: false });
    await expect(desk.locator("[data-plate=unchecked]")).toBeVisible();
  }
  await order("server/stop");
  await expect(desk.locator("[data-plate=not-arriving]")).toBeVisible();
  found.push(...(await both(desk, "not arriving")));
  await order("server/start");
  await expect(desk.locator("[data-plate=unchecked]")).toBeVisible();
  say(found);
  expected = /ERR_|Failed to load/;
  await order("airloom/stop");
  await expect(desk.locator("[data-plate=lost]")).toBeVisible();
  const lost = await both(desk, "no link");
  await order("airloom/go");
  await expect(desk.locator("[data-plate=unchecked],[data-plate=fallback]")).toBeVisible();
  say(lost);
});

test("nothing of it was wrong", () => { expect(all.join("\n")).toBe(""); });
