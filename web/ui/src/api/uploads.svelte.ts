// Uploads live above the pages: they go on while one works elsewhere. Each can be
// taken up again where it stopped: after a pause, a cut link, a restart of the
// engine; and after the page was closed by choosing the same file anew.

import type { Upload as Tus } from "tus-js-client";
import type { Dropped } from "../lib/dropped";
import { again, nextName, Speed, stateAfter, sum, turn, unanswered, type Sum, type UploadState } from "../lib/queue";
import { ask, get, type Type } from "./call";
import { live } from "./live.svelte";

/** An upload as the engine knows it. */
export type Received = Type<"Upload">;

const endpoint = "/api/v1/uploads/";
const atOnce = 3;
/** Bytes in one request: what a server between may have to keep, and what is lost at worst. */
const chunk = 64 << 20;
/** The link may be away for long: every five seconds for half an hour, then on the next sign of the engine. */
const patience = [500, 1000, 2000, ...Array<number>(360).fill(5000)];

export class Upload {
  readonly id: number;
  readonly folder: string;
  readonly bytes: number;
  readonly file: File;
  name = $state("");
  state = $state<UploadState>("waiting");
  sent = $state(0);
  rate = $state(0); // bytes/s
  problem = $state("");
  path = $state(""); // where it lies, once it is done
  other = $state(""); // a name that is free, where its own is taken
  received = $state(""); // its ID with the engine
  gaveUp = $state(false); // paused by itself, as nothing answered, or nobody was signed in
  tus: Tus | null = null;
  readonly speed = new Speed();

  constructor(id: number, d: Dropped) {
    this.id = id;
    this.folder = d.folder;
    this.file = d.file;
    this.bytes = d.file.size;
    this.name = d.file.name;
  }

  get left_s(): number | null { return this.rate > 0 ? (this.bytes - this.sent) / this.rate : null; }
}

class Uploads {
  list = $state.raw<Upload[]>([]);
  /** All that the engine knows of, others' too. */
  known = $state.raw<Received[]>([]);
  /** IDs of those that have grown since the engine was asked before. */
  growing = $state.raw<ReadonlySet<string>>(new Set());
  rate = $state(0);
  readonly sum: Sum = $derived(sum(this.list, this.rate));

  #ids = 0;
  #timer = 0;
  #asking = false;

  constructor() {
    if (typeof window === "undefined") return;
    live.on<{ uploads?: boolean }>("media", (e) => { if (e.uploads) void this.look(); });
    live.on("back", () => { void this.look(); this.#again(); });
    window.addEventListener("beforeunload", (e) => { if (this.sum.going > 0) e.preventDefault(); });
  }

  /** Takes files to upload into a folder of the media. */
  add(files: Iterable<File | Dropped>, folder = ""): Upload[] {
    const made: Upload[] = [];
    for (const f of files) {
      const d = f instanceof File ? { file: f, folder } : f;
      const same = (u: Upload) => u.folder === d.folder && u.file.name === d.file.name && u.bytes === d.file.size && u.state !== "done" && u.state !== "refused";
      if (!this.list.some(same)) made.push(new Upload(++this.#ids, d));
    }
    this.list = [...this.list, ...made];
    this.#run();
    return made;
  }

  pause(u: Upload): void {
    if (u.state === "waiting" || u.state === "sending" || u.state === "away") {
      u.state = "paused";
      u.gaveUp = false;
      u.rate = 0;
      void u.tus?.abort();
      this.#run();
    }
  }

  resume(u: Upload): void {
    if (!["paused", "full", "exists", "refused"].includes(u.state)) return;
    if (u.state === "refused" || u.state === "exists") { u.tus = null; u.sent = 0; }
    u.problem = "";
    u.state = "waiting";
    this.#run();
  }

  /** Sends it under another name; without one, under the next that is free, as "clip (2).mp4". */
  rename(u: Upload, name = u.other || nextName(u.name)): void {
    u.name = name;
    u.tus = null;
    u.sent = 0;
    u.problem = "";
    u.state = "waiting";
    this.#run();
  }

  /** Gives it up, here and at the engine; or takes what is over off the list. */
  async remove(u: Upload): Promise<void> {
    this.list = this.list.filter((o) => o !== u);
    const unsent = ["waiting", "sending", "away", "paused", "full"].includes(u.state);
    const refused = u.state === "refused";
    u.state = "done";
    this.#run();
    try {
      // What has come of it is removed, too, and the browser's note of it.
      await u.tus?.abort(unsent && u.tus.url !== null);
      if (refused && u.received) await this.drop(u.received);
      else await this.look();
    } catch { /* the engine gives it up by itself after a day */ }
  }

  /** Gives up one that the engine knows. */
  async drop(id: string): Promise<void> {
    await ask("DELETE", `/uploads/${encodeURIComponent(id)}`, { headers: { "Tus-Resumable": "1.0.0" } });
    await this.look();
  }

  clear(): void { this.list = this.list.filter((u) => u.state !== "done"); }

  /** Asks the engine what it has. */
  async look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const known = await get<Received[]>("/uploads");
      const before = new Map(this.known.map((k) => [k.id, k.received]));
      this.growing = new Set(known.filter((k) => k.received > (before.get(k.id) ?? k.received)).map((k) => k.id));
      this.known = known;
      for (const u of this.list) this.#judge(u);
    } catch { /* asked again with the next news */ } finally { this.#asking = false; }
  }

  #judge(u: Upload): void {
    if (u.state !== "checking") return;
    const k = this.known.find((r) => r.id === u.received);
    if (!k) return;
    u.problem = k.problem; // also of one that is taken, or whose check has to wait
    if (k.state === "done") { u.state = "done"; u.path = k.path; u.name = k.name; }
    if (k.state === "refused") u.state = "refused";
  }

  #run(): void {
    for (const u of turn(this.list, atOnce)) {
      u.state = "sending";
      void this.#send(u);
    }
    const busy = this.list.some((u) => ["sending", "away", "checking"].includes(u.state));
    if (busy && !this.#timer) this.#timer = window.setInterval(() => this.#beat(), 1000);
  }

  #beat(): void {
    const now = performance.now();
    for (const u of this.list) u.rate = u.state === "sending" ? u.speed.rate(now) : 0;
    this.rate = this.list.reduce((n, u) => n + u.rate, 0);
    if (this.list.some((u) => u.state === "checking")) void this.look();
    else if (!this.list.some((u) => u.state === "sending" || u.state === "away")) { window.clearInterval(this.#timer); this.#timer = 0; }
  }

  /** The engine is back: what had given up waits for its turn. */
  #again(): void {
    for (const u of this.list) if (u.state === "paused" && u.gaveUp) { u.problem = ""; u.state = "waiting"; }
    this.#run();
  }

  async #send(u: Upload): Promise<void> {
    try {
      u.speed.reset();
      u.tus ??= await this.#make(u);
      if (u.state === "sending") u.tus.start();
    } catch (e) {
      u.state = "paused";
      u.gaveUp = true;
      u.problem = e instanceof Error ? e.message : String(e);
    }
  }

  async #make(u: Upload): Promise<Tus> {
    const tus = await import("tus-js-client");
    const t: Tus = new tus.Upload(u.file, {
      endpoint,
      chunkSize: chunk,
      metadata: { filename: u.name, folder: u.folder },
      fingerprint: () => Promise.resolve(`airloom ${u.folder}/${u.file.name} ${u.bytes} ${u.file.lastModified}`),
      removeFingerprintOnSuccess: true,
      retryDelays: patience,
      // Where it stands cannot be told now: the library would take that for "gone",
      // and begin anew.
      onAfterResponse: (req, res) => {
        const status = res.getStatus();
        if (req.getMethod() === "HEAD" && unanswered(status)) throw new Unanswered(status, said(res.getBody()).detail);
      },
      onShouldRetry: (e) => {
        const { status, detail, creating } = answerOf(e);
        const retry = again(status, creating);
        if (retry && u.state === "sending") {
          u.state = "away";
          u.problem = detail;
        }
        return retry;
      },
      onUploadUrlAvailable: () => { u.received = decodeURIComponent(t.url?.split("/").pop() ?? ""); },
      onProgress: (sent) => {
        u.speed.add(performance.now(), sent);
        u.sent = sent;
        if (u.state === "away") { u.state = "sending"; u.problem = ""; }
      },
      onSuccess: () => {
        u.sent = u.bytes;
        u.state = "checking";
        this.#run();
        void this.look();
      },
      onError: (e) => { this.#failed(u, e); this.#run(); },
    });
    const [before] = await t.findPreviousUploads();
    if (before) {
      t.resumeFromPreviousUpload(before);
      u.name = before.metadata.filename ?? u.name; // it may have been given another
    }
    return t;
  }

  #failed(u: Upload, e: Error): void {
    const { status, detail, suggestion } = answerOf(e);
    u.problem = detail || (status === 0 ? "" : e.message);
    u.other = suggestion;
    u.state = stateAfter(status);
    u.gaveUp = u.state === "paused";
    if (u.state === "exists") u.tus = null;
  }
}

class Unanswered extends Error {
  constructor(readonly status: number, readonly detail: string) { super(detail); }
}

interface Failed { originalRequest?: { getMethod(): string } | null; originalResponse?: { getStatus(): number; getBody(): string } | null; causingError?: Error | null }

/** What an error of the library comes from; status 0: nobody answered. */
function answerOf(e: Error & Failed): { status: number; detail: string; suggestion: string; creating: boolean } {
  const creating = e.originalRequest?.getMethod() === "POST";
  if (e.causingError instanceof Unanswered) return { status: e.causingError.status, detail: e.causingError.detail, suggestion: "", creating };
  const r = e.originalResponse;
  return { status: r?.getStatus() ?? 0, ...said(r?.getBody() ?? ""), creating };
}

/** What an answer of the engine says. */
function said(body: string): { detail: string; suggestion: string } {
  try {
    const { detail = "", suggestion = "" } = JSON.parse(body) as { detail?: string; suggestion?: string };
    return { detail, suggestion };
  } catch { return { detail: "", suggestion: "" }; }
}

export const uploads = new Uploads();
