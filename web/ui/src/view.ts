// Writes a status into the page. Only what differs is touched.

import { judge, sentence, type Step, type Verdict } from "./judge";
import type { Alert, Output, Page, Snapshot, Status } from "./status";
import { age, bitrate, bytes, Clock, count, length, many, memory } from "./words";

export const el = <T extends HTMLElement = HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
};

function put(id: string, text: string): void {
  const e = el(id);
  if (e.textContent !== text) e.textContent = text;
}

function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function make(tag: string, ...children: (string | Node)[]): HTMLElement {
  const e = document.createElement(tag);
  e.append(...children);
  return e;
}

export class View {
  private rates = new Map<string, number[]>();
  private shown = "";

  constructor(private readonly clock: Clock) {}

  /** Everything that changes with a status. */
  status(snapshot: Snapshot): void {
    const s = snapshot.status;
    document.title = `${s.channel} · airloom`;
    const outputs = s.outputs.length > 0 ? s.outputs : [s.output];
    for (const o of outputs) {
      const r = this.rates.get(o.name) ?? [];
      r.push(o.state === "publishing" ? o.bitrate_kbps : 0);
      this.rates.set(o.name, r.slice(-60));
    }
    put("target", outputs.length === 1 ? outputs[0]!.target : many(outputs.length, "output"));
    el("outputs").replaceChildren(...outputs.map((o) => this.output(o, outputs.length > 1, snapshot)), this.machine(s));
    this.alerts(s.alerts);
  }

  /** Everything that changes with the clock: called several times a second. */
  tick(snapshot: Snapshot | null, now: number, lost: boolean): void {
    put("time", this.clock.at(now));
    put("date", `${this.clock.date(now)} · ${this.clock.where(now)}`);
    if (!snapshot) return;
    const s = snapshot.status;
    const seen = lost ? snapshot.at : now;
    const moving = s.state === "on-air" ? Math.min(3, Math.max(0, (seen - snapshot.at) / 1000)) : 0;
    const position = s.now ? s.now.position_s + moving : 0;
    const left = s.now && s.now.duration_s > 0 ? Math.max(0, s.now.duration_s - position) : null;
    const ends = left === null ? null : seen + left * 1000;
    const startsAt = s.next?.starts_at ? Date.parse(s.next.starts_at) : ends;
    const v = judge(s, left, startsAt === null ? "" : this.clock.at(startsAt));
    if (lost) Object.assign(v, { plate: "lost", word: "NO LINK TO ENGINE", line: `Last seen ${this.clock.at(snapshot.at)}. It comes back by itself.`, under: "", faults: [], since: undefined });
    document.body.classList.toggle("lost", lost);
    document.body.classList.toggle("fallback", s.state === "fallback");
    this.bar(v, seen);
    this.now(s, position, left, ends, startsAt);
  }

  private bar(v: Verdict, now: number): void {
    el("bar").dataset["plate"] = v.plate;
    put("word", v.word);
    put("under", v.under);
    put("head", v.head);
    put("line", v.line);
    for (const [name, step] of Object.entries(v.path) as [string, Step][]) {
      const li = el(`p-${name}`);
      li.dataset["mark"] = step.mark;
      li.querySelector("use")!.setAttribute("href", `#i-${step.mark}`);
      const detail = li.querySelector("span")!;
      if (detail.textContent !== step.detail) detail.textContent = step.detail;
    }
    const since = v.since ? Date.parse(v.since) : NaN;
    el("since").hidden = Number.isNaN(since);
    if (!Number.isNaN(since)) {
      el("since").querySelector("b")!.textContent = length((now - since) / 1000);
      el("since").querySelector("span")!.textContent = `since ${this.clock.at(since)}`;
    }
    el("faults").hidden = v.faults.length === 0;
    el("faults").replaceChildren(...v.faults.map((f) => make("p", icon("fault"), make("span", make("b", f.head), ". ", f.line))));
  }

  private now(s: Status, position: number, left: number | null, ends: number | null, startsAt: number | null): void {
    const n = s.now;
    put("place", n ? `Now, ${n.playlist}, item ${n.index + 1}` : "Now");
    put("title", n?.title ?? "Nothing yet");
    put("source", n && n.source !== n.title ? n.source : "");
    put("left", n ? length(left === null ? position : Math.ceil(left)) : "–");
    put("leftword", left === null && n ? "on air, length not known" : "left");
    put("position", n ? (n.duration_s > 0 ? `${length(position)} of ${length(n.duration_s)}` : length(position)) : "–");
    put("ends", ends === null ? "" : `ends ${this.clock.at(ends)}`);
    const part = n && n.duration_s > 0 ? Math.min(100, (100 * position) / n.duration_s) : 0;
    const bar = el("progress");
    bar.setAttribute("aria-valuenow", String(Math.round(part)));
    bar.querySelector("i")!.style.width = `${part.toFixed(1)}%`;
    put("nexttime", s.next && startsAt !== null ? this.clock.at(startsAt) : "");
    put("nexttitle", s.next?.title ?? "not known");
    put("nextlength", s.next && s.next.duration_s > 0 ? length(s.next.duration_s) : "");
    const instead = el("instead");
    instead.hidden = s.state !== "fallback";
    instead.querySelector("span")!.textContent = n ? `Something else airs instead of ${n.title}` : "The slate is on air";
  }

  private output(o: Output, named: boolean, { at }: Snapshot): HTMLElement {
    const rows: [string, (string | Node)[], boolean?][] = [];
    const since = (at - Date.parse(o.since)) / 1000;
    if (o.state === "publishing") {
      rows.push(["State", ["publishing"]], ["Session", [`${age(since)}, from ${this.clock.at(Date.parse(o.since))}`]]);
      rows.push(["Bitrate", [this.spark(o.name), o.bitrate_kbps > 0 ? bitrate(o.bitrate_kbps) : "–"]]);
    } else {
      rows.push(["State", [o.state], o.state !== "connecting" || o.attempt > 1], ["Since", [`${this.clock.at(Date.parse(o.since))}, ${age(since)}`]]);
      rows.push(["Attempt", [`${Math.max(1, o.attempt)}${o.retry_in_s > 0 ? `, next in ${Math.ceil(o.retry_in_s)} s` : ""}`]]);
    }
    if (o.last_error) rows.push([o.state === "publishing" ? "Last fault" : "Cause", [sentence(o.last_error)]]);
    rows.push(["Sent", [`${bytes(o.bytes_sent)}, ${many(o.dropped_packets, "packet")} dropped`]], ["Reconnects", [count(Math.max(0, o.sessions - 1))]]);
    if (o.renew_at) rows.push(["Renewal", [`in ${age((Date.parse(o.renew_at) - at) / 1000)}, at a join`]]);
    return block(named ? `${o.name}, ${o.target}` : "Sent from here", rows);
  }

  private machine(s: Status): HTMLElement {
    const r = s.resources;
    return block("This machine", [
      ["Encoder", [`${s.encoder.speed > 0 ? `${s.encoder.speed.toFixed(2)}×, ` : ""}${count(s.encoder.held_ticks)} held, ${count(s.encoder.skipped_ticks)} skipped`]],
      ["Running for", [`${age(s.uptime_s)}, ${count(s.tick)} ticks`]],
      ["Memory", [r.rss_bytes > 0 ? `${memory(r.rss_bytes)}, ${many(r.workers, "clip reader")}` : "–"]],
    ]);
  }

  private spark(name: string): SVGSVGElement {
    const r = this.rates.get(name) ?? [];
    const top = Math.max(1, ...r) * 1.1;
    const step = 60 / Math.max(1, r.length - 1);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "spark");
    svg.setAttribute("viewBox", "0 0 60 14");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", r.map((k, i) => `${i ? "L" : "M"}${(i * step).toFixed(1)} ${(13.5 - (13 * k) / top).toFixed(1)}`).join(""));
    if (r.length > 5) svg.append(path);
    return svg;
  }

  private alerts(list: Alert[]): void {
    const key = JSON.stringify(list);
    if (key === this.shown) return;
    this.shown = key;
    put("alertcount", list.length > 0 ? String(list.length) : "");
    const items = list.map((a) => {
      const li = make("li", icon("fault"), make("div", sentence(a.message), make("time", `since ${this.clock.at(Date.parse(a.since))}`)));
      li.dataset["mark"] = "fault";
      return li;
    });
    if (items.length === 0) {
      const li = make("li", icon("well"), "Nothing needs a look.");
      li.dataset["mark"] = "well";
      li.classList.add("quiet");
      items.push(li);
    }
    el("alerts").replaceChildren(...items);
  }

  /** What is told once. */
  page(p: Page): void {
    put("foot", p.version ? `airloom ${p.version}` : "");
    el("try").hidden = p.hints.length === 0;
    el("hints").replaceChildren(...p.hints.map((h) => {
      const li = make("li", make("span", h.text));
      if (h.command) li.append(command(h.command));
      return li;
    }));
  }
}

function block(title: string, rows: [string, (string | Node)[], boolean?][]): HTMLElement {
  const dl = make("dl", ...rows.flatMap(([name, value, fault]) => {
    const dd = make("dd", ...value);
    if (fault) {
      dd.className = "fault";
      dd.prepend(icon("fault"));
    }
    return [make("dt", name), dd];
  }));
  const box = make("div", make("h3", title), dl);
  box.className = "out";
  return box;
}

/** A command with a button that copies it. */
function command(text: string): HTMLElement {
  const button = make("button", icon("copy")) as HTMLButtonElement;
  button.className = "ib";
  button.type = "button";
  button.title = "Copy";
  const say = make("span", "Copy");
  say.className = "sr";
  button.append(say);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.replaceChildren(icon("well"), say);
      say.textContent = "Copied";
    } catch {
      say.textContent = "Could not copy: select the text instead";
    }
    setTimeout(() => { button.replaceChildren(icon("copy"), say); say.textContent = "Copy"; }, 2000);
  });
  const box = make("div", make("code", text), button);
  box.className = "command";
  return box;
}
