// Who works at the desk, and what they may do.

import { ask, get, onSignedOut, post, Problem, type Type } from "./call";
import { live } from "./live.svelte";

export type Role = "viewer" | "operator" | "admin";
const ranks = ["viewer", "operator", "admin"];

class Session {
  /** null while it is not known; its name is "" when nobody is signed in. */
  me = $state.raw<Type<"Me"> | null>(null);
  page = $state.raw<Type<"Page"> | null>(null);
  signIn = $state(false); // the sign-in page is to be shown

  /** May they do what the role may? Without users everybody on this machine may. */
  may(role: Role): boolean {
    const mine = this.me?.role ?? "";
    return this.me !== null && (mine === "" || ranks.indexOf(mine) >= ranks.indexOf(role));
  }

  async start(): Promise<void> {
    onSignedOut(() => this.#out());
    // The engine may have been started anew, with another config or zone data.
    live.on("back", () => { get<Type<"Page">>("/page").then((p) => { this.page = p; }, () => { /* the one there is stays */ }); });
    await this.#load();
  }

  async login(name: string, password: string): Promise<void> {
    await ask("POST", "/login", { body: { name, password } });
    await this.#load();
  }

  async logout(): Promise<void> {
    await post("/logout");
    this.#out();
  }

  #out(): void {
    this.me = null;
    this.signIn = true;
    live.stop();
  }

  async #load(): Promise<void> {
    for (;;) {
      try {
        [this.me, this.page] = await Promise.all([get<Type<"Me">>("/me"), get<Type<"Page">>("/page")]);
        this.signIn = false;
        live.start();
        return;
      } catch (e) {
        if (!(e instanceof Problem) || (e.status !== 0 && e.status < 500)) { this.signIn = true; return; }
        live.link = "lost";
        await new Promise((r) => setTimeout(r, 1000)); // the engine starts, or is away
      }
    }
  }
}

export const session = new Session();
