// Files and folders that are dropped on a page. A folder is read through; its files
// keep their place below the folder they are dropped into.

import { litter } from "./queue";

export interface Dropped { file: File; folder: string }

/** What of FileSystemEntry is used. */
export interface Entry {
  isFile: boolean;
  isDirectory: boolean;
  name: string;
  file?(ok: (f: File) => void, no: (e: unknown) => void): void;
  createReader?(): { readEntries(ok: (e: Entry[]) => void, no: (e: unknown) => void): void };
}

/** All that lies in an entry, in the order of the names. */
export async function inside(entry: Entry, folder: string): Promise<Dropped[]> {
  if (litter(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((ok, no) => entry.file!(ok, no));
    return [{ file, folder }];
  }
  if (!entry.isDirectory) return [];
  const reader = entry.createReader!();
  const all: Entry[] = [];
  for (;;) { // a browser hands over a hundred at a time
    const some = await new Promise<Entry[]>((ok, no) => reader.readEntries(ok, no));
    if (some.length === 0) break;
    all.push(...some);
  }
  all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const below = folder ? `${folder}/${entry.name}` : entry.name;
  const found: Dropped[] = [];
  for (const e of all) found.push(...(await inside(e, below)));
  return found;
}

/** Takes the entries out of a drop at once: after the event they are gone. */
export function dropped(data: DataTransfer, folder: string): Promise<Dropped[]> {
  const entries = [...data.items].filter((i) => i.kind === "file").map((i) => i.webkitGetAsEntry() as Entry | null);
  const plain = [...data.files];
  if (entries.length === 0 || entries.some((e) => e === null)) return Promise.resolve(plain.map((file) => ({ file, folder })));
  return Promise.all(entries.map((e) => inside(e!, folder))).then((all) => all.flat());
}

/** The same from a chooser of files or of a folder. */
export function chosen(files: Iterable<File>, folder: string): Dropped[] {
  return [...files].filter((f) => !litter(f.name)).map((file) => {
    const path = file.webkitRelativePath.split("/").slice(0, -1).join("/");
    return { file, folder: [folder, path].filter(Boolean).join("/") };
  });
}

/** Are files being dragged over the page, rather than something of our own? */
export const carriesFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes("Files") ?? false;
