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

/** How often a picture that does not come is asked for. */
const most = 6;

/**
 * A picture that is made on demand: shown when it is its turn. One that is refused,
 * because too much is asked for at once, is tried again, later and later.
 */
export class Picture {
  #done = () => {};
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `show` gets the address for the element; "": none for now. */
  constructor(private readonly url: string, private readonly show: (src: string) => void, private readonly turns = pictures) { this.#ask(); }

  #ask(): void {
    const again = this.#tries++;
    this.#done = this.turns.take(() => this.show(again === 0 ? this.url : `${this.url}&again=${again}`));
  }

  loaded(): void { this.#done(); }

  failed(): void {
    this.#done();
    this.show("");
    if (this.#tries < most) this.#timer = setTimeout(() => this.#ask(), 1000 * 2 ** (this.#tries - 1) + Math.random() * 1000);
  }

  /** It is not wanted any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#done();
  }
}
