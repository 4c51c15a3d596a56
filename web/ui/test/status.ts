// A status for tests: all is well, unless changed.

import type { Type } from "../src/api/call";

export type Status = Type<"Status">;

export function status(change: (s: Status) => void = () => {}): Status {
  const output: Type<"Output"> = {
    name: "main", kind: "rtmp", cause: "", state: "publishing", target: "rtmp://ams.example/LiveApp/…", since: "2026-10-24T17:00:00Z", attempt: 0, retry_in_s: 0, last_error: "",
    bytes_sent: 1, bitrate_kbps: 1240, dropped_packets: 0, sessions: 1, renew_at: null,
  };
  const s: Status = {
    channel: "Demo", state: "on-air", uptime_s: 400, tick: 10000,
    now: { id: "a", playlist: "main.yml", index: 2, source: "one.mp4", title: "One", mode: "base", position_s: 3, duration_s: 20, started_at: "2026-10-24T17:32:08Z" },
    next: { id: "b", playlist: "main.yml", index: 3, source: "two.mp4", title: "Two", duration_s: 5, starts_at: "2026-10-24T17:32:28Z" },
    due: null, held: null, slated: null, output, outputs: [],
    arrival: { output: "main", state: "proven", by: "antmedia", cause: "", server_status: "broadcasting", age_s: 4, detail: "", server: null }, producers: [],
    encoder: { speed: 1, held_ticks: 0, skipped_ticks: 0 },
    resources: { rss_bytes: 1, goroutines: 1, pictures: 1, workers: 1 },
    alerts: [],
  };
  change(s);
  if (s.outputs.length === 0) s.outputs = [s.output];
  return s;
}

export const alert = (a: Partial<Type<"Alert">>): Type<"Alert"> => ({ severity: "warning", code: "item-failed", subject: "", message: "it broke", since: "2026-10-24T17:31:00Z", item_id: "", playlist: "", index: null, ...a });

/** When the status was made. */
export const at = Date.parse("2026-10-24T17:32:11Z");
