// The engine, or the network on the way to it, goes and comes back while somebody
// edits: the page says so at once, keeps the draft, and comes back by itself. See
// cmd/airloom/desk_lost_test.go.

import { expect, test } from "playwright/test";
import { back, holds, lost, openList, removeItem, save, saved, shows } from "./edit";
import { order, stage } from "./stage";

const told = stage as typeof stage & { far: string }; // the engine, at the end of a wire that can be cut

test("airloom is killed and starts again", async ({ page }) => {
  await openList(page, "restart.yml");
  await removeItem(page, "restart.yml", "First");
  await order("airloom/kill");
  await lost(page, 2000);
  await removeItem(page, "restart.yml", "Second");
  const clock = page.locator("header .clock time");
  const stands = await clock.textContent();
  await page.waitForTimeout(1500);
  expect(await clock.textContent(), "time runs on unproven").toBe(stands);
  await order("airloom/again");
  await back(page);
  await shows(page, "restart.yml", "Third", "Fourth");
  await save(page);
  await holds("restart.yml", "Third", "Fourth");
});

test("the network is cut", async ({ page }) => {
  await openList(page, "shut.yml", told.far);
  await removeItem(page, "shut.yml", "First");
  await order("far/shut");
  await lost(page, 2000);
  await removeItem(page, "shut.yml", "Third");
  await order("far/whole");
  await back(page);
  await shows(page, "shut.yml", "Second", "Fourth");
  await save(page);
  await holds("shut.yml", "Second", "Fourth");
});

test("the network loses everything, without a word", async ({ page }) => {
  await openList(page, "silent.yml", told.far);
  await removeItem(page, "silent.yml", "First");
  await order("far/silent");
  await lost(page);
  await removeItem(page, "silent.yml", "Fourth");
  await order("far/whole");
  await back(page);
  await shows(page, "silent.yml", "Second", "Third");
  await save(page);
  await holds("silent.yml", "Second", "Third");
});

test("a save arrives, and its answer does not", async ({ page }) => {
  await openList(page, "deaf.yml", told.far);
  await removeItem(page, "deaf.yml", "First");
  await order("far/deaf");
  await page.keyboard.press("Control+s");
  await holds("deaf.yml", "Second", "Third", "Fourth");
  await lost(page);
  await removeItem(page, "deaf.yml", "Third");
  await order("far/whole");
  await back(page);

  // It is known to have been saved: what was edited since is saved without a conflict.
  await shows(page, "deaf.yml", "Second", "Fourth");
  await save(page);
  await saved(page);
  await holds("deaf.yml", "Second", "Fourth");
});
