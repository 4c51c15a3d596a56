// The page: asks for the status each second and shows it, and plays the picture.

import { Player } from "./player";
import type { Page, Snapshot, Status } from "./status";
import { el, View } from "./view";
import { Clock } from "./words";

const pollEvery = 1000;
const lostAfter = 3500; // without an answer

/** The engine's clock against the browser's, from the answer that came fastest. */
let offset = 0;
let fastest = Infinity;

let snapshot: Snapshot | null = null;
let answered = performance.now();

const engineNow = () => Date.now() + offset;

async function ask<T>(path: string): Promise<{ body: T; at: number }> {
  const sent = Date.now();
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(3000) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const body = (await answer.json()) as T;
  const took = Date.now() - sent;
  const at = Date.parse(answer.headers.get("Airloom-Time") ?? "");
  if (!Number.isNaN(at) && took <= fastest + 5) {
    fastest = Math.min(took, fastest);
    offset = at - (sent + took / 2);
  }
  fastest += 1; // clocks drift: an old answer must not rule for ever
  return { body, at: Number.isNaN(at) ? engineNow() : at };
}

async function poll(view: View): Promise<void> {
  try {
    const { body, at } = await ask<Status>("/api/v1/status");
    snapshot = { status: body, at };
    answered = performance.now();
    view.status(snapshot);
  } catch {
    // tick notices that nothing has been heard for long.
  }
  setTimeout(() => void poll(view), pollEvery);
}

/** Dark or light: as the system has it, until one chooses. */
function theme(): void {
  const root = document.documentElement;
  let chosen: string | null = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* no storage: the system decides */ }
  if (chosen) root.dataset["theme"] = chosen;
  el("theme").addEventListener("click", () => {
    const dark = root.dataset["theme"] ? root.dataset["theme"] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset["theme"] = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset["theme"]); } catch { /* for this visit only */ }
  });
}

function preview(url: string): void {
  const video = el<HTMLVideoElement>("video");
  const player = new Player(video, url);
  const sound = el("sound");
  sound.addEventListener("click", async () => {
    await player.toggleSound();
    sound.classList.toggle("primary", player.muted);
    sound.querySelector("use")!.setAttribute("href", player.muted ? "#i-mute" : "#i-sound");
    sound.querySelector("span")!.textContent = player.muted ? "Sound on" : "Sound off";
  });
  el("full").addEventListener("click", () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void el("screen").requestFullscreen();
  });
  setInterval(() => {
    const behind = player.behind;
    el("empty").hidden = video.readyState >= 2;
    el("behind").parentElement!.hidden = behind === null;
    el("behind").textContent = behind === null ? "" : `${behind.toFixed(1)} s behind`;
  }, 500);
  meter(player);
}

/** How far up the scale a level stands, 0 to 1; the scale is finer near the top. */
const height = (db: number) => Math.max(0, Math.min(1, (db + 60) / 60)) ** 1.35;

function meter(player: Player): void {
  const bars = [...el("meter").querySelectorAll<HTMLElement>(".track")].map((t) => ({
    bar: t.querySelector("i")!, peak: t.querySelector("u")!, level: -Infinity, held: -Infinity, until: 0,
  }));
  const draw = (now: number) => {
    const peaks = player.peaks();
    bars.forEach((b, i) => {
      const db = peaks ? peaks[i]! : -Infinity;
      b.level = Math.max(db, b.level - 0.4); // falls 24 dB a second
      if (db >= b.held || now > b.until) { b.held = db; b.until = now + 1500; }
      b.bar.style.clipPath = `inset(${(100 * (1 - height(b.level))).toFixed(1)}% 0 0)`;
      b.peak.style.opacity = b.held > -60 ? "1" : "0";
      b.peak.style.top = `${(100 * (1 - height(b.held))).toFixed(1)}%`;
    });
    const top = Math.max(...bars.map((b) => b.held));
    el("level").textContent = peaks ? (top > -60 ? `−${Math.abs(top).toFixed(0)}` : "silence") : "muted";
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
}

async function start(): Promise<void> {
  theme();
  let page: Page = { version: "", zone: "", preview: "", hints: [] };
  for (;;) {
    try {
      page = (await ask<Page>("/api/v1/page")).body;
      break;
    } catch {
      await new Promise((again) => setTimeout(again, 1000));
    }
  }
  const view = new View(new Clock(page.zone));
  view.page(page);
  void poll(view);
  setInterval(() => view.tick(snapshot, engineNow(), performance.now() - answered > lostAfter), 200);
  if (page.preview) preview(page.preview);
  else el("empty").textContent = "This channel shows no preview.";
}

void start();
