// The media folder as the engine tells it. Paths are relative to its root, with "/".

import { ask, get, post, type Type } from "./call";

export type MediaFile = Type<"MediaFile">;
export type MediaFolder = MediaList["folders"][number];
export type MediaList = Type<"MediaPage">;

export type MediaSort = "name" | "modified" | "length" | "size";

export interface MediaQuery { folder?: string; search?: string; sort?: MediaSort; after?: string; limit?: number }

/** What can be dragged onto a playlist: JSON {paths: [...]}. */
export const mediaDrag = "application/x-airloom-media";

export const listMedia = (q: MediaQuery, signal?: AbortSignal): Promise<MediaList> =>
  get<MediaList>("/media", { folder: q.folder, search: q.search, sort: q.sort, after: q.after, limit: q.limit }, signal);

export const mediaFile = (path: string, signal?: AbortSignal): Promise<MediaFile> => get<MediaFile>("/media/file", { path }, signal);

/** Renames or moves; refused with `used_by` while it is scheduled, unless forced. */
export const renameMedia = (from: string, to: string, force = false): Promise<unknown> => post("/media/rename", { from, to, force });

export const deleteMedia = (path: string, force = false): Promise<unknown> => ask("DELETE", "/media", { query: { path, force: force || undefined } });

export const makeFolder = (path: string): Promise<unknown> => post("/media/folders", { path });

const url = (what: string, q: Record<string, string | number | undefined>): string =>
  `/api/v1/media/${what}?${new URLSearchParams(Object.entries(q).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]])))}`;

/** Changes when the file does, so that its pictures may be kept for long. */
export const versionOf = (f: Pick<MediaFile, "modified" | "bytes">): string => `${Date.parse(f.modified).toString(36)}-${f.bytes.toString(36)}`;

export const contentURL = (path: string): string => url("content", { path });

/** One picture; without a time, one near the beginning. */
export const thumbnailURL = (path: string, o: { width: number; v?: string; at_s?: number }): string => url("thumbnail", { path, ...o });

/** `count` pictures side by side, equally wide, from a span in seconds. */
export const stripURL = (path: string, o: { from_s: number; to_s: number; count: number; height: number; v?: string }): string => url("strip", { path, ...o });

// Paths.

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string): string => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
export const join = (folder: string, name: string): string => (folder ? `${folder}/${name}` : name);

/** The folders on the way to one, outermost first: "a/b" gives a and a/b. */
export const way = (folder: string): MediaFolder[] => {
  const names = folder ? folder.split("/") : [];
  return names.map((name, i) => ({ name, path: names.slice(0, i + 1).join("/") }));
};

export const isStill = (f: Pick<MediaFile, "path">): boolean => /\.(png|jpe?g|webp|bmp|gif|tiff?)$/i.test(f.path);
