import assert from "node:assert/strict";
import test from "node:test";
import { judge, sentence } from "../src/judge";
import type { Status } from "../src/status";

function status(change: (s: Status) => void = () => {}): Status {
  const s: Status = {
    channel: "Demo", state: "on-air", uptime_s: 400, tick: 10000,
    now: { id: "a", playlist: "main.yml", index: 2, source: "one.mp4", title: "One", position_s: 3, duration_s: 20, started_at: "2026-10-24T17:32:08Z" },
    next: { id: "b", playlist: "main.yml", index: 3, source: "two.mp4", title: "Two", duration_s: 5, starts_at: null },
    output: { name: "main", state: "publishing", target: "rtmp://ams.example/LiveApp/…", since: "2026-10-24T17:00:00Z", attempt: 0, retry_in_s: 0, last_error: "", bytes_sent: 1, bitrate_kbps: 1240, dropped_packets: 0, sessions: 1, renew_at: null },
    outputs: [],
    arrival: { state: "proven", by: "antmedia", server_status: "broadcasting", age_s: 4, detail: "" },
    encoder: { speed: 1, held_ticks: 0, skipped_ticks: 0 },
    resources: { rss_bytes: 1, goroutines: 1, pictures: 1, workers: 1 },
    alerts: [],
  };
  change(s);
  s.outputs = [s.output];
  return s;
}

const of = (change?: (s: Status) => void) => judge(status(change), 17, "19:32:28");

test("red only when arrival is proven", () => {
  const v = of();
  assert.equal(v.plate, "on-air");
  assert.equal(v.word, "ON AIR");
  assert.equal(v.head, "One");
  assert.equal(v.line, "0:00:17 left, then Two at 19:32:28");
  assert.deepEqual(Object.values(v.path).map((p) => p.mark), ["well", "well", "well", "well"]);

  const u = of((s) => { s.arrival.state = "not-checked"; });
  assert.equal(u.plate, "unchecked");
  assert.equal(u.under, "arrival not checked");
  assert.equal(u.path.arriving.mark, "unknown");
});

test("what does not arrive wins over what airs", () => {
  const v = of((s) => {
    s.state = "fallback";
    Object.assign(s.output, { state: "waiting", attempt: 6, retry_in_s: 6.2, last_error: "ams.example does not answer on port 1935: timed out" });
    s.alerts = [{ severity: "error", code: "fallback", message: "one.mp4 delivers nothing", since: "" }];
  });
  assert.equal(v.plate, "not-arriving");
  assert.equal(v.head, "Nothing reaches rtmp://ams.example/LiveApp/…");
  assert.equal(v.line, "ams.example does not answer on port 1935: timed out. Attempt 6, next try in 7 s.");
  assert.equal(v.since, "2026-10-24T17:00:00Z");
  assert.deepEqual(v.faults, [{ head: "Something else airs instead of One", line: "one.mp4 delivers nothing." }]);
  assert.equal(v.path.sending.mark, "fault");
  assert.equal(v.path.programme.mark, "fault");
});

test("proof that lapses is a fault, also while bytes go out", () => {
  const v = of((s) => { s.arrival = { ...s.arrival, state: "not-proven", detail: "nothing has changed for 24 s" }; });
  assert.equal(v.plate, "not-arriving");
  assert.equal(v.head, "antmedia does not confirm the stream");
  assert.equal(v.path.arriving.mark, "fault");
});

test("fallback that arrives is amber", () => {
  const v = of((s) => { s.state = "fallback"; });
  assert.equal(v.plate, "fallback");
  assert.equal(v.head, "Something else airs instead of One");
});

test("the first seconds are no fault", () => {
  assert.equal(of((s) => { s.uptime_s = 1; s.output.state = "connecting"; }).plate, "waiting");
  assert.equal(of((s) => { s.uptime_s = 1; s.output.state = "waiting"; s.output.attempt = 4; }).plate, "not-arriving");
  assert.equal(of((s) => { s.uptime_s = 7; s.output.state = "connecting"; }).plate, "not-arriving");
  const v = of((s) => { s.state = "starting"; s.now = null; s.next = null; s.tick = 0; });
  assert.equal(v.word, "STARTING");
  assert.equal(of((s) => { s.state = "stopping"; }).word, "STOPPING");
});

test("one output that is down is told among others", () => {
  const s = status();
  s.outputs = [s.output, { ...s.output, name: "spare", state: "waiting", target: "rtmp://spare/…" }];
  const v = judge(s, null, "");
  assert.equal(v.plate, "not-arriving");
  assert.equal(v.head, "Nothing reaches rtmp://spare/…");
});

test("a slow encoder is a fault of its own", () => {
  const v = of((s) => { s.encoder.speed = 0.82; });
  assert.equal(v.plate, "on-air");
  assert.deepEqual(v.path.encoder, { mark: "fault", detail: "0.82×" });
});

test("sentences keep names as they are", () => {
  assert.equal(sentence("connection refused"), "Connection refused.");
  assert.equal(sentence("ams.example does not answer."), "ams.example does not answer.");
  assert.equal(sentence("one.mp4: broken"), "one.mp4: broken.");
  assert.equal(sentence("server: shut"), "Server: shut.");
  assert.equal(sentence(" "), "");
});
