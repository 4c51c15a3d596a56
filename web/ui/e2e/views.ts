// Every page of the desk in every state worth looking at, and how one gets there.

import { expect, type Page } from "playwright/test";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";
import { stage } from "./stage";

export type Words = typeof en;
export const languages = { en: { words: en, tag: "en-GB" }, zh: { words: zh as Words, tag: "zh-CN" } };

export interface View {
  name: string;
  path: string;
  /** What shows it once the page is there. */
  act?: (page: Page, w: Words) => Promise<void>;
  full?: true; // needs a channel that has something
  wide?: true; // is not there on a phone
}

const menu = async (page: Page, opens: string | RegExp, chooses: string) => {
  await page.getByRole("main").getByRole("button", { name: opens, exact: true }).first().click();
  await page.getByRole("menuitem", { name: chooses }).click();
};
const file = (page: Page, name: string) => page.getByRole("main").getByText(name, { exact: true }).first();
const dialog = (page: Page) => expect(page.locator("dialog[open]")).toBeVisible();

export const views: View[] = [
  { name: "on-air", path: "/on-air", act: async (p) => { await p.locator(".now h1").first().waitFor(); } },
  { name: "choices", path: "/on-air", act: async (p, w) => { await p.getByRole("button", { name: new RegExp(`^${w.user.menu}`) }).click(); } },
  { name: "help", path: "/on-air", act: async (p) => { await p.keyboard.press("?"); await dialog(p); } },
  { name: "finder", path: "/on-air", act: async (p) => { await p.keyboard.press("Control+k"); await dialog(p); } },
  { name: "playlists", path: "/playlists" },
  { name: "playlists-new", path: "/playlists", act: async (p, w) => { await p.getByRole("button", { name: w.playlists.create }).click(); await dialog(p); } },
  { name: "editor", path: "/playlists/main.yml", full: true, act: async (p) => { await p.getByText("Harbour stories", { exact: false }).first().waitFor(); await p.waitForTimeout(500); } },
  { name: "editor-trim", path: "/playlists/main.yml", full: true, act: async (p) => { await file(p, "Orbit").click(); await p.waitForTimeout(700); } },
  { name: "editor-settings", path: "/playlists/main.yml", full: true, act: async (p, w) => { await menu(p, w.playlists.more, w.playlists.settings); await dialog(p); } },
  { name: "editor-add", path: "/playlists/main.yml", full: true, act: async (p, w) => { await menu(p, w.playlists.addItem, w.playlists.otherItem); await dialog(p); } },
  { name: "editor-versions", path: "/playlists/main.yml", full: true, act: async (p, w) => { await menu(p, w.playlists.more, w.playlists.olderOnes); await dialog(p); } },
  { name: "editor-text", path: "/playlists/drafts%2Fbroken.yml?as=text", full: true },
  { name: "schedule", path: "/schedule" },
  { name: "schedule-week", path: "/schedule?view=week" },
  { name: "schedule-list", path: "/schedule?as=list" },
  { name: "schedule-start", path: "/schedule?playlist=specials/choir.yml", full: true, act: async (p) => { await p.locator("#start-first").waitFor(); } },
  { name: "schedule-add", path: "/schedule", act: async (p, w) => { await p.getByRole("button", { name: w.schedule.add }).click(); await dialog(p); } },
  { name: "media", path: "/media" },
  { name: "media-folder", path: "/media/shows", full: true, act: async (p) => { await file(p, "news.mp4").click(); await p.waitForTimeout(500); } },
  { name: "media-list", path: "/media/promos?view=list", full: true },
  { name: "media-delete", path: "/media/shows", full: true, act: async (p, w) => { await file(p, "news.mp4").click(); await p.getByRole("main").getByRole("button", { name: w.common.delete }).first().click(); await dialog(p); } },
  { name: "media-add", path: "/media/shows", full: true, act: async (p, w) => { await file(p, "news.mp4").click(); await p.getByRole("main").getByRole("button", { name: w.media.addTo }).first().click(); await dialog(p); } },
  { name: "asrun", path: "/asrun" },
  { name: "system", path: "/system" },
  { name: "system-log", path: "/system/log" },
  { name: "system-checks", path: "/system/checks", act: async (p) => { await p.waitForTimeout(1000); } },
  { name: "system-changes", path: "/system/changes" },
  { name: "system-setup", path: "/system/setup" },
];

/** Goes to a page and waits until it has told what it knows. */
export async function open(page: Page, view: View, w: Words): Promise<void> {
  await page.goto(view.path);
  await expect(page.locator("[data-plate]").first()).not.toHaveAttribute("data-plate", "connecting");
  await expect(page.locator("main")).toContainText(/./);
  await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
  await view.act?.(page, w);
}

/** Asks the engine for something over its API, as a program does. */
export async function ask(path: string, body?: unknown, method = body === undefined ? "GET" : "POST", headers: Record<string, string> = {}): Promise<Response> {
  const token = (stage as unknown as { token: string }).token;
  const r = await fetch(`${process.env.AIRLOOM_URL}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
  return r;
}
