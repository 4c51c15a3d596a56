// The sent picture, with its sound and a meter. Browsers let a page play without
// sound only, until someone presses something: so the picture begins muted.

import Hls from "hls.js";

export class Player {
  private hls: Hls | null = null;
  private sound: AudioContext | null = null;
  private meters: AnalyserNode[] = [];
  private again = 0;
  private stuckSince = 0;
  private lastTime = -1;

  constructor(private readonly video: HTMLVideoElement, private readonly url: string) {
    video.muted = true;
    video.addEventListener("pause", () => { if (!document.hidden) void this.play(); });
    document.addEventListener("visibilitychange", () => this.seen());
    this.begin();
    setInterval(() => this.watch(), 1000);
  }

  /** Seconds between the engine and what is seen; null while nothing is. */
  get behind(): number | null {
    if (!this.playing) return null;
    const l = this.hls?.latency ?? 0;
    return l > 0 && Number.isFinite(l) ? l : null;
  }

  get playing(): boolean { return this.video.readyState >= 3 && !this.video.paused; }

  get muted(): boolean { return this.video.muted; }

  /** Switches the sound; call it from what someone pressed. */
  async toggleSound(): Promise<void> {
    this.meter();
    await this.sound?.resume();
    this.video.muted = !this.video.muted;
    await this.play();
  }

  /** Peaks of the last moment, left and right, in dBFS; null while not heard. */
  peaks(): [number, number] | null {
    if (this.video.muted || this.meters.length < 2 || this.sound?.state !== "running") return null;
    const [l, r] = this.meters.map((m) => {
      const samples = new Float32Array(m.fftSize);
      m.getFloatTimeDomainData(samples);
      let top = 0;
      for (const s of samples) top = Math.max(top, Math.abs(s));
      return top > 0 ? 20 * Math.log10(top) : -Infinity;
    });
    return [l ?? -Infinity, r ?? -Infinity];
  }

  private begin(): void {
    window.clearTimeout(this.again);
    this.hls?.destroy();
    this.hls = null;
    this.stuckSince = 0;
    if (!Hls.isSupported()) {
      this.video.src = this.url; // Safari on a phone plays HLS by itself
      void this.play();
      return;
    }
    const hls = new Hls({
      lowLatencyMode: true,
      enableWorker: false, // nothing to convert: fragments are MP4 already
      backBufferLength: 10,
      maxLiveSyncPlaybackRate: 1.1,
      manifestLoadingMaxRetry: 0,
      manifestLoadingTimeOut: 15000,
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => void this.play());
    hls.on(Hls.Events.ERROR, (_, e) => {
      if (!e.fatal) return;
      if (e.type === Hls.ErrorTypes.MEDIA_ERROR && this.playing) hls.recoverMediaError();
      else this.later();
    });
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
    this.hls = hls;
  }

  private later(): void {
    window.clearTimeout(this.again);
    this.again = window.setTimeout(() => this.begin(), 1000);
  }

  private async play(): Promise<void> {
    try {
      await this.video.play();
    } catch {
      // Refused, or cut short by the next attempt: watch tries again.
    }
  }

  /** Nobody sees or hears it: then nothing is fetched either. */
  private seen(): void {
    if (document.hidden && this.video.muted) {
      this.hls?.stopLoad();
    } else if (!document.hidden) {
      this.hls?.startLoad(-1);
      this.toLive();
    }
  }

  /** Goes to what is sent now; a page that was hidden may lie far behind. */
  private toLive(): void {
    const at = this.hls?.liveSyncPosition;
    if (at && at - this.video.currentTime > 4) this.video.currentTime = at;
    void this.play();
  }

  /** Begins anew when the picture has stood still for long. */
  private watch(): void {
    const moved = this.video.currentTime !== this.lastTime;
    this.lastTime = this.video.currentTime;
    if (moved || document.hidden) { this.stuckSince = 0; return; }
    const now = performance.now();
    this.stuckSince ||= now;
    if (now - this.stuckSince > 12000) this.begin();
    else if (now - this.stuckSince > 3000) this.toLive();
  }

  private meter(): void {
    if (this.sound) return;
    const ctx = new AudioContext();
    const from = ctx.createMediaElementSource(this.video);
    const split = ctx.createChannelSplitter(2);
    from.connect(ctx.destination);
    from.connect(split);
    this.meters = [0, 1].map((channel) => {
      const a = ctx.createAnalyser();
      a.fftSize = 2048;
      split.connect(a, channel);
      return a;
    });
    this.sound = ctx;
  }
}
