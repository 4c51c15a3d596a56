// An operator's working day, on the real thing: what is seen at the end is the
// picture that was sent.

import { expect, test, type Locator, type Page } from "playwright/test";
import { marker, signIn, stage } from "./stage";

const nowCard = (page: Page) => page.getByRole("region", { name: "Now, Next" });
const touches = (page: Page) => page.getByRole("group", { name: "What touches the air" });

/** Presses until the press has acted, as an operator's finger does. */
async function press(page: Page, button: Locator): Promise<void> {
  await button.hover();
  await page.mouse.down();
  await expect(button).toHaveClass(/pressing/);
  await expect(button).not.toHaveClass(/pressing/);
  await page.mouse.up();
}

/** Waits until the sent picture is that of a clip, and says its number. */
async function picture(page: Page, title: string): Promise<number> {
  let seen = -1;
  await expect.poll(async () => {
    const m = await marker(page);
    if (m?.id !== stage.ids[title]) return `clip ${m?.id}`;
    seen = m!.picture;
    return title;
  }, { message: `the picture of ${title}`, timeout: 30_000, intervals: [50] }).toBe(title);
  return seen;
}

test("who is not known does not come in", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Name").fill(stage.user.name);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("status")).toContainText(/./);
  await expect(page.getByRole("navigation")).toHaveCount(0);
});

test("a working day", async ({ page }) => {
  await signIn(page);
  await expect(page.locator("[data-plate=unchecked]")).toBeVisible();

  // The air moves, and is what the page says.
  const video = page.locator("video");
  await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.currentTime), { timeout: 30_000 }).toBeGreaterThan(0);
  const before = await video.evaluate((v: HTMLVideoElement) => v.currentTime);
  await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.currentTime)).toBeGreaterThan(before + 1);
  await picture(page, "long1");
  await expect(nowCard(page)).toContainText("long1");

  // A clip is brought.
  await page.getByRole("link", { name: "Media" }).click();
  await page.locator("input[type=file]:not([webkitdirectory])").first().setInputFiles(stage.clips.new!);
  await expect(page.getByText("Done: brought.mp4")).toBeVisible({ timeout: 30_000 });

  // It is put behind what is on air, trimmed, and saved.
  await page.getByRole("link", { name: "Playlists" }).click();
  await page.getByRole("main").getByText("main.yml").first().click();
  const items = page.getByRole("region", { name: "Items of main.yml" }).getByRole("listitem");
  await expect(items).toHaveCount(2);
  const brought = page.getByRole("region", { name: "Library" }).getByText("brought.mp4", { exact: true }).first();
  await brought.dragTo(items.nth(1), { targetPosition: { x: 200, y: 6 } });
  await expect(items).toHaveCount(3);
  await expect(items.nth(1)).toContainText("brought");
  await items.nth(1).getByText("brought.mp4", { exact: true }).first().click();
  const trim = page.getByRole("region", { name: "Trim: brought.mp4" });
  await trim.getByRole("textbox", { name: "In" }).fill("00:00:04:00");
  await trim.getByRole("textbox", { name: "In" }).press("Enter");
  await expect(items.nth(1)).toContainText("0:00:06");
  await expect(page.getByRole("region", { name: "Saving will change" })).toContainText("brought");
  await page.keyboard.press("Control+s");
  await expect(page.getByText(/^Saved \d/)).toBeVisible();

  // It airs, from where it was trimmed to.
  await page.getByRole("link", { name: "On air" }).click();
  await expect(page.getByRole("region", { name: "Rundown, list" }).getByText("brought.mp4").first()).toBeVisible();
  await expect(nowCard(page)).toContainText(/Next.*brought/s);
  await press(page, touches(page).getByRole("button", { name: /^Skip/ }));
  await expect(page.getByText(/Skipped \d/)).toBeVisible();
  expect(await picture(page, "brought.mp4")).toBeGreaterThanOrEqual(100);
  await expect(nowCard(page)).toContainText("brought");

  // Another is taken, not the one whose turn it is.
  await page.getByRole("region", { name: "Rundown, list" }).getByRole("button", { name: "long1" }).first().click();
  await press(page, touches(page).getByRole("button", { name: /^Take now/ }));
  await expect(page.getByText(/Taken \d/)).toBeVisible();
  await picture(page, "long1");
  await expect(nowCard(page)).toContainText("long1");

  // What aired can be read.
  await page.getByRole("link", { name: "As-run" }).click();
  for (const title of ["long1", "brought.mp4"]) await expect(page.getByRole("main").getByText(title, { exact: true }).first()).toBeVisible();
});

test("at night, on a phone", async ({ browser }) => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "en-GB" })).newPage();
  await signIn(page);
  await expect(page.locator("[data-plate=unchecked]")).toBeVisible();
  await expect(nowCard(page)).toContainText(/long|brought/);
  await press(page, touches(page).getByRole("button", { name: /^Skip/ }));
  await expect(page.getByText(/Skipped \d/)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.getByRole("button", { name: "More" }).first().click();
  await page.getByRole("link", { name: "System" }).click();
  await expect(page.getByRole("heading", { name: "System" })).toBeVisible();
});
