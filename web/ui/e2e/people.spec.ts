// Two people edit one playlist, its file is changed by hand, a page is loaded again,
// the engine is restarted: nothing is lost, and each is told. See
// cmd/airloom/desk_lost_test.go.

import { expect, test, type Browser, type Page } from "playwright/test";
import { holds, lost, openList, removeItem, rename, save, shows } from "./edit";
import { order, signIn, stage } from "./stage";

/** A second person's page, in a browser of their own. */
async function second(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: process.env.AIRLOOM_URL!, locale: "en-GB", viewport: { width: 1440, height: 900 } })).newPage();
  await signIn(page, stage.other);
  return page;
}

const conflict = (page: Page) => page.getByRole("dialog", { name: "Two have changed this playlist" });

test("two people save, and both count", async ({ page: mira, browser }) => {
  await signIn(mira);
  const jonas = await second(browser);
  await openList(mira, "two.yml");
  await openList(jonas, "two.yml");
  await removeItem(mira, "two.yml", "First");
  await removeItem(jonas, "two.yml", "Fourth");
  await save(jonas);
  await holds("two.yml", "First", "Second", "Third");

  // Told who it was, before anything is saved; the draft is as it was.
  await expect(mira.getByText("jonas has changed this playlist meanwhile")).toBeVisible();
  await shows(mira, "two.yml", "Second", "Third", "Fourth");
  await mira.keyboard.press("Control+s");
  await expect(conflict(mira)).toContainText("jonas saved another version");
  for (const title of ["First", "Fourth"]) await expect(conflict(mira).getByText(title, { exact: true })).toHaveCount(1);
  await holds("two.yml", "First", "Second", "Third");
  await conflict(mira).getByRole("button", { name: "Take both" }).click();
  await shows(mira, "two.yml", "Second", "Third");
  await save(mira);
  await holds("two.yml", "Second", "Third");

  // The other one sees it at once, and whose it is.
  await shows(jonas, "two.yml", "Second", "Third");
  await expect(jonas.getByText(/^Changed by mira/)).toBeVisible();

  // What was replaced can still be had.
  await mira.keyboard.press("Control+z");
  await shows(mira, "two.yml", "Second", "Third", "Fourth");
});

test("two people change the same item", async ({ page: mira, browser }) => {
  await signIn(mira);
  const jonas = await second(browser);
  await openList(mira, "clash.yml");
  await openList(jonas, "clash.yml");
  await rename(mira, "clash.yml", "Second", "Mine");
  await removeItem(mira, "clash.yml", "Fourth");
  await rename(jonas, "clash.yml", "Second", "Theirs");
  await save(jonas);
  await mira.keyboard.press("Control+s");
  await expect(conflict(mira)).toContainText("1 item was changed by both");
  await conflict(mira).getByRole("button", { name: "Theirs", exact: true }).click();
  await conflict(mira).getByRole("button", { name: "Take both" }).click();
  await shows(mira, "clash.yml", "First", "Theirs", "Third");
  await mira.keyboard.press("Control+z");
  await shows(mira, "clash.yml", "First", "Mine", "Third");
  await save(mira);
  await holds("clash.yml", "First", "Mine", "Third");
});

test("the file is changed by hand", async ({ page }) => {
  await signIn(page);
  await openList(page, "disk.yml");
  const file = (title: string) => `items:\n  - {source: long1.mp4, title: ${title}}\n  - {source: long2.mp4, title: Second}\n`;
  await order("drop?name=disk.yml", file("Hand"));
  await shows(page, "disk.yml", "Hand", "Second");
  await expect(page.getByText(/^Changed by somebody, or on disk/)).toBeVisible();

  await removeItem(page, "disk.yml", "Second");
  await order("drop?name=disk.yml", file("Other"));
  await expect(page.getByText("Somebody has changed this playlist meanwhile")).toBeVisible();
  await shows(page, "disk.yml", "Hand");
  await page.getByRole("button", { name: "Compare" }).click();
  await conflict(page).getByRole("button", { name: "Take both" }).click();
  await shows(page, "disk.yml", "Other");
  await save(page);
  await holds("disk.yml", "Other");
});

test("the page is loaded again", async ({ page }) => {
  await signIn(page);
  await openList(page, "again.yml");
  await removeItem(page, "again.yml", "Third");
  await page.reload();
  await expect(page.getByText(/^Your unsaved changes of .* are back/)).toBeVisible();
  await shows(page, "again.yml", "First", "Second", "Fourth");
  await holds("again.yml", "First", "Second", "Third", "Fourth");
  await page.getByRole("button", { name: "Drop them" }).click();
  await shows(page, "again.yml", "First", "Second", "Third", "Fourth");
});

test("a restart signs everybody out", async ({ page }) => {
  await signIn(page);
  await openList(page, "restart.yml");
  await removeItem(page, "restart.yml", "First");
  await order("airloom/kill");
  await lost(page);
  await removeItem(page, "restart.yml", "Second");
  await order("airloom/again");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: 20_000 });
  await page.getByLabel("Name").fill(stage.user.name);
  await page.getByLabel("Password").fill(stage.user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await shows(page, "restart.yml", "Third", "Fourth");
  await holds("restart.yml", "First", "Second", "Third", "Fourth");
  await save(page);
  await holds("restart.yml", "Third", "Fourth");
});
