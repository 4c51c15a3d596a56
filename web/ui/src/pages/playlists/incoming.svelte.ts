// A file of this machine on its way to be a playlist: first looked through, then saved.

import { ask, part, post, Problem, type Type } from "../../api/call";
import { locale, say } from "../../words/words.svelte";
import { decoded, fileNameOf } from "./names";

export class Incoming {
  readonly file: File;
  name = $state("");
  verdict = $state.raw<Type<"Verdict"> | null>(null);
  fault = $state("");
  state = $state<"reading" | "ready" | "saving" | "done">("reading");
  #text = "";

  constructor(file: File) {
    this.file = file;
    this.name = fileNameOf(file.name.replace(/\.[^.]+$/, "")) || "import.yml";
  }

  /** Says what it holds and what is wrong with it. */
  async look(): Promise<void> {
    try {
      this.#text = decoded(await this.file.arrayBuffer(), locale());
      this.verdict = await post<Type<"Verdict">>(`/playlists/${part(this.name)}/validate`, this.#text, { query: { from: this.file.name }, within: 60000 });
    } catch (e) { this.fault = words(e); }
    this.state = "ready";
  }

  async save(): Promise<void> {
    this.state = "saving";
    this.fault = "";
    try {
      await ask("POST", `/playlists/${part(this.name)}/import`, { body: this.#text, query: { from: this.file.name }, headers: { "If-None-Match": "*" }, within: 60000 });
      this.state = "done";
    } catch (e) {
      this.fault = e instanceof Problem && e.status === 412 ? say().playlists.nameTaken(this.name) : words(e);
      this.state = "ready";
    }
  }
}

const words = (e: unknown) => (e instanceof Problem ? e.message || say().common.away : String(e));
