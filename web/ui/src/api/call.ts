// Calls to the engine. Every answer is either what was asked for or a Problem: an
// error whose message is a sentence for people, as the engine said it.

import type { components } from "./schema";

/** A schema of the API by its name, such as Type<"Status">. */
export type Type<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** Why a call came to nothing. */
export class Problem extends Error {
  constructor(readonly status: number, detail: string, readonly body: Record<string, unknown> = {}) {
    super(detail);
  }
  /** What the refusal is called for programs, such as "overtaken"; "" where it has no name. */
  get code(): string { return String(this.body.code ?? ""); }
}

/** No answer came: the engine is away, or the network. */
export const away = (e: unknown): boolean => e instanceof Problem && e.status === 0;

export interface Options {
  body?: unknown; // sent as JSON, or as text/plain where it is a string
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  signal?: AbortSignal;
  /** Milliseconds until no answer is a fault; uploads have none. */
  within?: number;
}

/** An answer with its headers, for who needs the ETag. */
export interface Answered<T> { data: T; headers: Headers; status: number }

const listeners = new Set<() => void>();

/** Tells when an answer says that nobody is signed in any more. */
export function onSignedOut(f: () => void): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}

export async function ask<T>(method: string, path: string, o: Options = {}): Promise<Answered<T>> {
  const query = Object.entries(o.query ?? {}).filter(([, v]) => v !== undefined && v !== "");
  const url = `/api/v1${path}${query.length ? `?${new URLSearchParams(query.map(([k, v]) => [k, String(v)]))}` : ""}`;
  const headers: Record<string, string> = { Accept: "application/json", ...o.headers };
  let body: string | undefined;
  if (o.body !== undefined) {
    body = typeof o.body === "string" ? o.body : JSON.stringify(o.body);
    headers["Content-Type"] ??= typeof o.body === "string" ? "text/plain" : "application/json";
  }
  let r: Response;
  let text: string;
  try {
    const limit = AbortSignal.timeout(o.within ?? 15000);
    r = await fetch(url, { method, headers, body, cache: "no-store", signal: o.signal ? AbortSignal.any([o.signal, limit]) : limit });
    text = await r.text();
  } catch (e) {
    if (o.signal?.aborted) throw e;
    throw new Problem(0, "");
  }
  const json = /\bjson\b/.test(r.headers.get("Content-Type") ?? "") ? JSON.parse(text) : text;
  if (r.ok || r.status === 304) return { data: json as T, headers: r.headers, status: r.status };
  if (r.status === 401 && path !== "/login") listeners.forEach((f) => f());
  const said = typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  throw new Problem(r.status, String(said.detail ?? said.title ?? r.statusText), said);
}

export const get = async <T>(path: string, query?: Options["query"], signal?: AbortSignal): Promise<T> =>
  (await ask<T>("GET", path, { query, signal })).data;
export const post = async <T>(path: string, body: unknown = {}, o: Options = {}): Promise<T> =>
  (await ask<T>("POST", path, { ...o, body })).data;

/** A playlist's or output's name as a part of a path. */
export const part = (name: string): string => encodeURIComponent(name);
