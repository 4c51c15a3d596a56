// Files of this machine that were dropped onto a playlist: they are uploaded, and put
// where they were dropped once they have been checked.

import type { Dropped } from "../../lib/dropped";
import { uploads, type Upload } from "../../api/uploads.svelte";
import { insert } from "../../lib/draft/draft";
import type { Editor } from "./editor.svelte";
import { known } from "./known.svelte";

interface Arrival { upload: Upload; editor: Editor; after: number | null } // after: the row they stand behind; null: at the beginning

class Arrivals {
  list = $state.raw<Arrival[]>([]);
  #stop: (() => void) | null = null;

  expect(editor: Editor, files: Dropped[], after: number | null): void {
    this.list = [...this.list, ...uploads.add(files).map((upload) => ({ upload, editor, after }))];
    this.#stop ??= $effect.root(() => {
      $effect(() => {
        const done = this.list.filter((a) => a.upload.state === "done");
        if (done.length > 0) queueMicrotask(() => this.#put(done));
      });
    });
  }

  of(editor: Editor): number { return this.list.filter((a) => a.editor === editor).length; }

  #put(done: Arrival[]): void {
    this.list = this.list.filter((a) => !done.includes(a));
    for (const a of [...done].reverse()) {
      if (!a.upload.path) continue;
      void known.ask(a.upload.path);
      const at = a.after === null ? 0 : (a.editor.places.get(a.after) ?? a.editor.rows.length - 1) + 1;
      a.editor.edit(insert(a.editor.draft, at, [{ source: a.upload.path }]));
    }
  }
}

export const arrivals = new Arrivals();
