// The status as /api/v1/status gives it. Numbers ending in _s are seconds.

export interface Status {
  channel: string;
  state: "starting" | "on-air" | "fallback" | "stopping";
  uptime_s: number;
  tick: number;
  now: Airing | null;
  next: Coming | null;
  output: Output;
  outputs: Output[];
  arrival: Arrival;
  encoder: { speed: number; held_ticks: number; skipped_ticks: number };
  resources: { rss_bytes: number; goroutines: number; pictures: number; workers: number };
  alerts: Alert[];
}

export interface Airing {
  id: string; playlist: string; index: number; source: string; title: string;
  position_s: number; duration_s: number; started_at: string;
}

export interface Coming {
  id: string; playlist: string; index: number; source: string; title: string;
  duration_s: number; starts_at: string | null;
}

export interface Output {
  name: string;
  state: "publishing" | "connecting" | "waiting" | "stopped";
  target: string; since: string; down_since?: string; attempt: number; retry_in_s: number; last_error: string;
  bytes_sent: number; bitrate_kbps: number; dropped_packets: number; sessions: number;
  renew_at: string | null;
}

export interface Arrival {
  state: "proven" | "not-proven" | "not-checked";
  by: string; server_status: string; age_s: number; detail: string;
}

export interface Alert { severity: "warning" | "error"; code: string; message: string; since: string }

/** What the page is told once, by /api/v1/page. */
export interface Page {
  version: string; zone: string; preview: string;
  hints: { text: string; command?: string }[];
}

/** A status, and when it was made: by the engine's clock, in milliseconds. */
export interface Snapshot { status: Status; at: number }
