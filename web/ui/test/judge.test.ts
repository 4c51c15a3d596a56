import { describe, expect, it } from "vitest";
import { judge, sentence } from "../src/lib/judge";
import { Clock } from "../src/lib/time";
import { en } from "../src/words/en";
import type { Words } from "../src/words/words.svelte";
import { zh } from "../src/words/zh";
import { alert, at, status, type Status } from "./status";

const clock = new Clock("Europe/Berlin");
const verdict = (change?: (s: Status) => void, words: Words = en) => judge(status(change), at, { now: at, at: (t) => clock.near(t, at), words });
const marks = (v: ReturnType<typeof verdict>) => v.path.map((p) => p.mark);

describe("the status bar", () => {
  it("is red only when arrival is proven", () => {
    const v = verdict();
    expect(v).toMatchObject({ plate: "on-air", word: "ON AIR", head: "One", line: "0:00:17 left, then at 19:32:28 Two", since: null, faults: [] });
    expect(marks(v)).toEqual(["well", "well", "well", "well"]);
    expect(v.path[3]!.detail).toBe("seen 4 s ago");

    const u = verdict((s) => { s.arrival.state = "not-checked"; });
    expect(u).toMatchObject({ plate: "unchecked", under: "arrival not checked" });
    expect(marks(u)).toEqual(["well", "well", "well", "unknown"]);
  });

  it("puts what does not arrive before what airs", () => {
    const v = verdict((s) => {
      s.state = "fallback";
      Object.assign(s.output, { state: "waiting", attempt: 6, retry_in_s: 6.2, down_since: "2026-10-24T17:31:28Z", last_error: "ams.example does not answer on port 1935: timed out" });
      s.alerts = [alert({ code: "slate", message: "one.mp4 delivers nothing" })];
    });
    expect(v).toMatchObject({ plate: "not-arriving", word: "NOT ARRIVING", head: "Nothing reaches rtmp://ams.example/LiveApp/…", line: "ams.example does not answer on port 1935: timed out.", since: Date.parse("2026-10-24T17:31:28Z") });
    expect(v.faults).toEqual([
      { head: "Attempt 6, next try in 7 s", line: en.bar.network, act: { do: "try", output: "main" } },
      { head: "The slate airs instead of One", line: "one.mp4 delivers nothing.", act: { do: "skip" } },
    ]);
    expect(marks(v)).toEqual(["fault", "well", "fault", "well"]);
  });

  it("goes by what is sent, not by what is kept here", () => {
    const kept = { kind: "record" as const, state: "waiting" as const, name: "record", last_error: "the disk is full" };
    const v = verdict((s) => { s.outputs = [s.output, { ...s.output, ...kept }]; });
    expect(v).toMatchObject({ plate: "on-air", faults: [] });
    expect(verdict((s) => { s.outputs = [{ ...s.output, ...kept, kind: "rtmp" }]; }).plate).toBe("not-arriving");
  });

  it("takes proof that has lapsed for a fault, also while bytes go out", () => {
    const v = verdict((s) => { s.arrival = { ...s.arrival, state: "not-proven", age_s: 24, detail: "nothing has changed for 24 s" }; });
    expect(v).toMatchObject({ plate: "not-arriving", head: "Ant Media Server does not confirm the stream", line: "Nothing has changed for 24 s.", since: at - 24000 });
    expect(v.path[3]!.mark).toBe("fault");
  });

  it("is amber on fallback that arrives, and says by whom", () => {
    const v = verdict((s) => { s.state = "fallback"; });
    expect(v).toMatchObject({ plate: "fallback", head: "The last picture stands instead of One", faults: [{ act: { do: "skip" }, line: "Then Two airs, or at once when it is skipped." }] });

    const held = verdict((s) => { s.state = "fallback"; s.held = { by: "mira (desk)", since: "2026-10-24T17:32:00Z" }; });
    expect(held).toMatchObject({ plate: "fallback", head: "Mira holds the picture", since: Date.parse("2026-10-24T17:32:00Z"), faults: [{ act: { do: "unhold" } }] });
    const slated = verdict((s) => { s.state = "fallback"; s.slated = { by: "loopback", since: "2026-10-24T17:32:00Z" }; });
    expect(slated).toMatchObject({ head: "Somebody at this machine shows the slate", faults: [{ act: { do: "unslate" } }] });
  });

  it("says what stands between two items by what it is", () => {
    const head = (code: string) => verdict((s) => { s.state = "fallback"; s.now = null; s.alerts = code ? [alert({ code })] : []; }).head;
    expect([head(""), head("filler"), head("slate")]).toEqual(["The last picture stands", "Filler is on air", "The slate is on air"]);
  });

  it("takes the first seconds for no fault", () => {
    expect(verdict((s) => { s.uptime_s = 1; s.output.state = "connecting"; }).plate).toBe("waiting");
    expect(verdict((s) => { s.uptime_s = 1; s.output.state = "waiting"; s.output.attempt = 4; }).plate).toBe("not-arriving");
    expect(verdict((s) => { s.uptime_s = 7; s.output.state = "connecting"; }).plate).toBe("not-arriving");
    const v = verdict((s) => { s.state = "starting"; s.now = null; s.next = null; s.tick = 0; });
    expect(v.word).toBe("STARTING");
    expect(marks(v).slice(0, 2)).toEqual(["unknown", "unknown"]);
    expect(verdict((s) => { s.state = "stopping"; }).word).toBe("STOPPING");
  });

  it("tells one output that is down among others", () => {
    const two = (spare: Partial<Status["output"]>) => verdict((s) => { s.outputs = [s.output, { ...s.output, name: "spare", target: "rtmp://spare/…", ...spare }]; });
    expect(two({ state: "waiting" })).toMatchObject({ plate: "not-arriving", word: "PARTLY ARRIVING", head: "Nothing reaches rtmp://spare/…", faults: [{ act: { do: "try", output: "spare" } }] });
    const stopped = two({ state: "stopped" });
    expect(stopped, "an operator has stopped it").toMatchObject({ plate: "on-air", faults: [] });
    expect(stopped.path[2]).toEqual({ name: "Sending", mark: "well", detail: "1 of 2 outputs" });
  });

  it("offers to start the only output when it is stopped", () => {
    expect(verdict((s) => { s.output.state = "stopped"; })).toMatchObject({ plate: "not-arriving", line: "The output is stopped.", faults: [{ act: { do: "start", output: "main" } }] });
  });

  it("shows a slow encoder in the path alone", () => {
    const v = verdict((s) => { s.encoder.speed = 0.82; });
    expect(v.plate).toBe("on-air");
    expect(v.path[1]).toEqual({ name: "Encoder", mark: "fault", detail: "0.82×" });
  });

  it("says all of it in Chinese, too", () => {
    const v = verdict(undefined, zh);
    expect(v).toMatchObject({ word: "播出中", line: "剩余 0:00:17，接着 19:32:28 Two" });
    expect(v.path.map((p) => p.name)).toEqual(["节目", "编码", "发送", "送达"]);
    const down = verdict((s) => { s.state = "fallback"; Object.assign(s.output, { state: "waiting", attempt: 6, retry_in_s: 6.2 }); }, zh);
    expect(down).toMatchObject({ word: "未送达", head: "没有内容到达 rtmp://ams.example/LiveApp/…" });
    expect(down.faults.map((f) => f.head)).toEqual(["第 6 次尝试，7 秒后重试", "静帧替代 One 播出"]);
  });
});

it("keeps names in sentences as they are", () => {
  expect(sentence("connection refused")).toBe("Connection refused.");
  expect(sentence("ams.example does not answer.")).toBe("ams.example does not answer.");
  expect(sentence("one.mp4: broken")).toBe("one.mp4: broken.");
  expect(sentence("server: shut")).toBe("Server: shut.");
  expect(sentence(" ")).toBe("");
});
