// A few at a time: pictures are made on demand and may take seconds, and a browser
// opens only six connections to a server, one of which carries the live link.

export class Turns {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(atOnce: number) { this.#free = atOnce; }

  /**
   * Calls `begin` when it is its turn. Who came last is first: that is what is in
   * sight now. Calling what is returned ends the turn, or gives it up.
   */
  take(begin: () => void): () => void {
    let state: "waiting" | "begun" | "over" = "waiting";
    const done = () => {
      if (state === "begun") { this.#free++; this.#next(); }
      state = "over";
    };
    this.#waiting.push(() => {
      if (state === "over") { this.#free++; this.#next(); return; }
      state = "begun";
      begin();
    });
    this.#next();
    return done;
  }

  #next(): void {
    if (this.#free === 0) return;
    const f = this.#waiting.pop();
    if (!f) return;
    this.#free--;
    f();
  }
}

/** For all pictures of clips together. */
export const pictures = new Turns(3);
