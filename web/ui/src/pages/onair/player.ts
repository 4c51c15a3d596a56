// The sent picture with its sound. Browsers let a page play without sound only,
// until someone presses something: so it begins muted. It comes back by itself.

import type Hls from "hls.js";

type Kind = typeof Hls;

/** What stands still for so long is brought to the live edge, then begun anew; ms. */
const stuck = 3000, dead = 12000;

/** What lies so far behind is brought to the live edge; less it makes good by playing a little faster. Seconds. */
const late = 6;

export class Player {
  #hls: Hls | null = null;
  #kind: Kind | null = null;
  #sound: AudioContext | null = null;
  #meters: AnalyserNode[] = [];
  #again = 0;
  #timer: number;
  #stuckSince = 0;
  #lastTime = -1;
  #over = new AbortController();

  constructor(private readonly video: HTMLVideoElement, private readonly url: string) {
    video.muted = true;
    const signal = this.#over.signal;
    video.addEventListener("pause", () => { if (!document.hidden) void this.#play(); }, { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.#timer = window.setInterval(() => this.#watch(), 1000);
    void this.#begin();
  }

  destroy(): void {
    this.#over.abort();
    window.clearInterval(this.#timer);
    window.clearTimeout(this.#again);
    this.#hls?.destroy();
    void this.#sound?.close();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** When what is seen was sent, in ms of the engine's clock; null while that is not known. */
  get date(): number | null {
    if (!this.playing) return null;
    const d = this.#hls ? this.#hls.playingDate : startDate(this.video);
    return d ? d.getTime() : null;
  }

  /** Seconds to the live edge, as the player reckons; null while it does not. */
  get latency(): number | null {
    const l = this.#hls?.latency ?? 0;
    return this.playing && l > 0 && Number.isFinite(l) ? l : null;
  }

  get playing(): boolean { return this.video.readyState >= 3 && !this.video.paused; }

  /** Whether the picture has stood still for a while. */
  get stands(): boolean { return this.#stuckSince > 0 && performance.now() - this.#stuckSince > stuck; }

  /** Switches the sound; call it from what someone pressed. Answers whether it is on. */
  async sound(on: boolean): Promise<boolean> {
    this.video.muted = !on;
    await this.#play();
    return !this.video.muted;
  }

  /** Peaks of the last moment in dBFS, for a server that sends no levels; null while not heard. */
  peaks(): [number, number] | null {
    if (this.video.muted) return null;
    this.#meter();
    if (this.#meters.length < 2 || this.#sound?.state !== "running") return null;
    const [l, r] = this.#meters.map((m) => {
      const samples = new Float32Array(m.fftSize);
      m.getFloatTimeDomainData(samples);
      const top = samples.reduce((t, s) => Math.max(t, Math.abs(s)), 0);
      return top > 0 ? 20 * Math.log10(top) : -100;
    });
    return [l ?? -100, r ?? -100];
  }

  /** The engine is back: nothing is waited for that will not come. */
  again(): void { if (!this.playing || this.stands) void this.#begin(); }

  async #begin(): Promise<void> {
    window.clearTimeout(this.#again);
    this.#hls?.destroy();
    this.#hls = null;
    this.#stuckSince = 0;
    try {
      this.#kind ??= (await import("hls.js")).default;
    } catch {
      this.#later(); // the engine is away
      return;
    }
    if (this.#over.signal.aborted) return;
    const Hls = this.#kind;
    if (!Hls.isSupported()) {
      this.video.src = this.url; // Safari on a phone plays HLS by itself
      void this.#play();
      return;
    }
    const hls = new Hls({
      lowLatencyMode: true,
      enableWorker: false, // nothing to convert: fragments are MP4 already
      backBufferLength: 10,
      maxLiveSyncPlaybackRate: 1.1,
      manifestLoadPolicy: { default: { maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 15000, timeoutRetry: null, errorRetry: null } },
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => void this.#play());
    hls.on(Hls.Events.ERROR, (_, e) => {
      if (!e.fatal) return;
      if (e.type === Hls.ErrorTypes.MEDIA_ERROR && this.playing) hls.recoverMediaError();
      else this.#later();
    });
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
    this.#hls = hls;
  }

  #later(): void {
    window.clearTimeout(this.#again);
    if (!this.#over.signal.aborted) this.#again = window.setTimeout(() => void this.#begin(), 1000);
  }

  async #play(): Promise<void> {
    try {
      await this.video.play();
    } catch {
      // Refused, or cut short by the next attempt: watch tries again.
    }
  }

  /** Nobody sees or hears it: then nothing is fetched either. */
  #seen(): void {
    if (document.hidden && this.video.muted) {
      this.#hls?.stopLoad();
    } else if (!document.hidden) {
      this.#hls?.startLoad(-1);
      this.#toLive();
    }
  }

  /** Goes to what is sent now; a page that was hidden may lie far behind. */
  #toLive(): void {
    const at = this.#hls?.liveSyncPosition;
    if (at && at - this.video.currentTime > 4) this.video.currentTime = at;
    void this.#play();
  }

  /** Begins anew when the picture has stood still for long. */
  #watch(): void {
    const moved = this.video.currentTime !== this.#lastTime;
    this.#lastTime = this.video.currentTime;
    if (moved || document.hidden) {
      this.#stuckSince = 0;
      if (!document.hidden && (this.#hls?.latency ?? 0) > late) this.#toLive();
      return;
    }
    const now = performance.now();
    this.#stuckSince ||= now;
    if (now - this.#stuckSince > dead) void this.#begin();
    else if (now - this.#stuckSince > stuck) this.#toLive();
  }

  #meter(): void {
    if (this.#sound) return;
    const ctx = new AudioContext();
    const from = ctx.createMediaElementSource(this.video);
    const split = ctx.createChannelSplitter(2);
    from.connect(ctx.destination);
    from.connect(split);
    this.#meters = [0, 1].map((channel) => {
      const a = ctx.createAnalyser();
      a.fftSize = 2048;
      split.connect(a, channel);
      return a;
    });
    this.#sound = ctx;
    void ctx.resume();
  }
}

/** Safari's own player knows when its stream began. */
function startDate(video: HTMLVideoElement): Date | null {
  const began = (video as HTMLVideoElement & { getStartDate?: () => Date }).getStartDate?.();
  return began && !Number.isNaN(began.getTime()) ? new Date(began.getTime() + video.currentTime * 1000) : null;
}
