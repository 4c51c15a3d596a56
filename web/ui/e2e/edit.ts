// Working on a playlist in a test.

import { expect, type Page } from "playwright/test";
import { order } from "./stage";

/** Opens a playlist's page. */
export async function openList(page: Page, name: string, at = ""): Promise<void> {
  await page.goto(`${at}/playlists/${name}`);
  await shows(page, name, "First", "Second", "Third", "Fourth");
}

const items = (page: Page, name: string) => page.getByRole("region", { name: `Items of ${name}` });

/** Waits until the page shows these items, and no others. */
export async function shows(page: Page, name: string, ...titles: string[]): Promise<void> {
  await expect(items(page, name).getByRole("listitem").locator(".title")).toHaveText(titles);
}

/** Removes an item from the draft. */
export async function removeItem(page: Page, name: string, title: string): Promise<void> {
  await items(page, name).getByText(title, { exact: true }).click();
  await page.keyboard.press("Delete");
  await expect(items(page, name).getByText(title, { exact: true })).toHaveCount(0);
}

/** Gives an item another title. */
export async function rename(page: Page, name: string, title: string, to: string): Promise<void> {
  await items(page, name).getByText(title, { exact: true }).click();
  await page.getByRole("region", { name: `Trim: ${title}` }).getByLabel("Title").fill(to);
  await expect(items(page, name).getByText(to, { exact: true })).toBeVisible();
}

/** Saves, and waits until it counts. */
export async function save(page: Page): Promise<void> {
  await page.keyboard.press("Control+s");
  await saved(page);
}
export const saved = (page: Page) => expect(page.getByText(/^Saved \d/)).toBeVisible();

/** Waits until the file on disk holds these titles, in this order. */
export async function holds(name: string, ...titles: string[]): Promise<void> {
  await expect.poll(async () => [...(await order(`file?name=${name}`)).matchAll(/title: (\w+)/g)].map((m) => m[1])).toEqual(titles);
}

/** Waits until the page has lost the engine, and says so: the controls are locked, what is unsaved is not. */
export async function lost(page: Page, within = 5000): Promise<void> {
  await expect(page.locator("[data-plate=lost]")).toContainText("NO LINK TO ENGINE", { timeout: within });
  await expect(page.locator(".app.lost")).toBeVisible();
  await expect(page.getByText("No link to the engine. The draft stays")).toBeVisible();
  await expect(page.getByRole("button", { name: /Ctrl S$/ })).toBeDisabled();
}

/** Waits until the engine is back, without a hand on the page. */
export const back = (page: Page) => expect(page.locator("[data-plate=unchecked]")).toBeVisible({ timeout: 20_000 });
