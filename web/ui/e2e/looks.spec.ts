// Pictures of every page and state, for people to look at: make looks.

import { expect, test, type Browser, type Page } from "playwright/test";
import { order, signIn, stage } from "./stage";
import { ask, languages, open, views, type Words } from "./views";

const told = stage as typeof stage & { looks: string; channel: "full" | "empty" };
const full = told.channel === "full";
type Language = keyof typeof languages;
const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 }, large: { width: 1920, height: 1080 } };

test.beforeAll(async ({ browser }) => {
  if (!full) return;
  test.setTimeout(120_000);
  const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await signIn(page);
  await page.goto("/media/promos");
  await page.locator("input[type=file]:not([webkitdirectory])").first().setInputFiles([stage.clips.good!, stage.clips.bad!]);
  await expect(page.getByText("Done: promos/christmas-market.mp4")).toBeVisible({ timeout: 60_000 });
  // Some history: seconds of each.
  const status = async () => (await (await ask("/status")).json()) as { now: { title: string } };
  for (const [what, body] of [["skip", {}], ["take", { playlist: "specials/choir.yml", index: 1 }], ["hold", { on: true }], ["hold", { on: false }], ["skip", {}], ["slate", { on: true }], ["slate", { on: false }], ["take", { playlist: "main.yml", index: 0 }]] as const) {
    await ask(`/commands/${what}`, body);
    await page.waitForTimeout(2500);
  }
  console.log("on air:", (await status()).now.title);
  await page.context().close();
});

async function shot(page: Page, name: string, language: Language, size: string, phone = false): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(80);
    await page.screenshot({ path: `${told.looks}/${size}-${language}/${name}-${theme}.png`, fullPage: phone });
  }
}

async function enter(browser: Browser, size: keyof typeof sizes, language: Language): Promise<Page> {
  const phone = size === "phone" || size === "narrow";
  const page = await (await browser.newContext({ viewport: sizes[size], locale: languages[language].tag, reducedMotion: "reduce", ...(phone ? { hasTouch: true, isMobile: true, deviceScaleFactor: 1 } : {}) })).newPage();
  const w: Words = languages[language].words;
  await page.goto("/");
  await page.getByLabel(w.login.name).waitFor();
  await shot(page, "sign-in", language, size);
  await page.getByLabel(w.login.name).fill(stage.user.name);
  await page.getByLabel(w.login.password).fill(stage.user.password);
  await page.getByRole("button", { name: w.login.submit }).click();
  await expect(page.getByRole("navigation", { name: w.nav.pages })).toBeVisible();
  return page;
}

async function round(page: Page, size: keyof typeof sizes, language: Language, only: RegExp): Promise<void> {
  const phone = size === "phone" || size === "narrow";
  for (const v of views) {
    if ((v.full && !full) || (phone && v.wide) || !only.test(v.name)) continue;
    try {
      await open(page, v, languages[language].words);
      await page.waitForTimeout(v.name.startsWith("on-air") ? 2500 : 600);
    } catch (e) { console.log(`${size} ${language} ${v.name}: ${(e as Error).message.split("\n").slice(0, 4).join(" ")}`); }
    await shot(page, v.name, language, size, phone);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.log(`${size} ${language} ${v.name}: ${wide} px wider than the screen`);
    if (await page.locator("dialog[open]").count()) await page.keyboard.press("Escape");
  }
}

const rounds: [keyof typeof sizes, Language, RegExp][] = [
  ["desktop", "en", /./], ["phone", "en", /./], ["desktop", "zh", /./], ["phone", "zh", /./],
  ["narrow", "en", /^(on-air|playlists|editor|schedule|media|asrun|system)$/], ["large", "en", /^(on-air|playlists|editor|schedule)$/],
];
for (const [size, language, only] of full ? rounds : rounds.slice(0, 4).filter(([size, language]) => (size === "desktop") === (language === "en"))) {
  test(`${size}, ${language}`, async ({ browser }) => {
    test.setTimeout(600_000);
    const page = await enter(browser, size, language);
    await round(page, size, language, only);
    await page.context().close();
  });
}

test("when something is wrong", async ({ browser }) => {
  test.setTimeout(240_000);
  const pages: [Page, keyof typeof sizes, Language][] = [];
  for (const [size, language] of [["desktop", "en"], ["phone", "en"], ["desktop", "zh"], ["phone", "zh"]] as const) pages.push([await enter(browser, size, language), size, language]);
  const all = async (name: string, plate: string, path = "/on-air") => {
    for (const [page, size, language] of pages) {
      if (path) await page.goto(path);
      await expect(page.locator(`[data-plate=${plate}]`)).toBeVisible({ timeout: 20_000 });
      await page.waitForTimeout(1200);
      await shot(page, name, language, size);
    }
  };
  const usual = full ? "unchecked" : "fallback";
  for (const what of ["hold", "slate"]) {
    await ask(`/commands/${what}`, { on: true });
    await all(what, "fallback");
    await ask(`/commands/${what}`, { on: false });
  }
  await order("server/stop");
  await all("not-arriving", "not-arriving");
  await order("server/start");
  await all("again", usual);
  await order("airloom/stop");
  await all("no-link", "lost", "");
  await order("airloom/go");
  await all("back", usual, "");
});
