// What lies around the desk in a test: the channel's folders, its server, its process.

import { expect, type Page } from "playwright/test";

export interface Stage {
  control: string; // where the Go side takes orders
  user: { name: string; password: string };
  other: { name: string; password: string }; // a second operator
  viewer: { name: string; password: string };
  clips: Record<string, string>; // files to upload, by what they are
  ids: Record<string, number>; // the number in a clip's picture, by its title
}

export const stage = JSON.parse(process.env.AIRLOOM_STAGE ?? "{}") as Stage;

/** Has the Go side do something: "server/stop", "airloom/restart", "drop?name=x.yml". */
export async function order(what: string, body = ""): Promise<string> {
  const r = await fetch(`${stage.control}/${what}`, { method: "POST", body });
  const text = await r.text();
  if (!r.ok) throw new Error(`${what}: ${r.status} ${text}`);
  return text;
}

export async function signIn(page: Page, who = stage.user): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Name").fill(who.name);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
}

/** The number of the clip and of the picture that a video element shows; null where there is no marker. Runs in the page, by itself. */
export function readMarker(selector: string): { id: number; picture: number } | null {
  const v = document.querySelector<HTMLVideoElement>(selector);
  if (!v || v.readyState < 2 || !v.videoWidth) return null;
  const c = document.createElement("canvas");
  c.width = v.videoWidth;
  c.height = v.videoHeight;
  const g = c.getContext("2d", { willReadFrequently: true })!;
  g.drawImage(v, 0, 0);
  let bits = 0n;
  for (let row = 0; row < 2; row++) {
    for (let col = 0; col < 16; col++) {
      const x = Math.floor(((col + 0.5) * c.width) / 16), y = Math.floor(((row + 0.5) * c.height) / 12);
      const [r = 0, gr = 0, b = 0] = g.getImageData(x, y, 1, 1).data;
      bits = (bits << 1n) | (r + gr + b > 384 ? 1n : 0n);
    }
  }
  const n = Number(bits);
  const id = Math.floor(n / 2 ** 20) % 256, picture = n % 65536;
  let check = 0;
  for (const nibble of [id, id >> 4, picture, picture >> 4, picture >> 8, picture >> 12]) check ^= nibble & 15;
  return Math.floor(n / 2 ** 28) === 0b1001 && (Math.floor(n / 2 ** 16) & 15) === check ? { id, picture } : null;
}

/** What the page's video element shows. */
export const marker = (page: Page, selector = "video") => page.evaluate(readMarker, selector);
