// A press that acts on what was meant when it began: if that or the button's words
// change meanwhile, nothing is done.

/** How long a press lasts before it acts, in ms. */
export const pressFor = 800;
/** How long the first of two presses counts, in ms. */
const pairFor = 3000;

export class Press<M> {
  pressing = $state(false);
  again = $state(false); // pressed once, waits for the second press
  busy = $state(false); // the engine has not answered yet

  #timer: ReturnType<typeof setTimeout> | undefined;
  #forget: ReturnType<typeof setTimeout> | undefined;
  #was = "";
  readonly #act: (meant: M) => Promise<unknown>;

  /** `act` resolves once the engine has answered. */
  constructor(act: (meant: M) => Promise<unknown>) { this.#act = act; }

  /** Presses for as long as it takes; `says` is what stands on the button. */
  begin(meant: M, says: string): void {
    if (this.busy || this.pressing) return;
    this.drop();
    this.#was = sign(meant, says);
    this.pressing = true;
    this.#timer = setTimeout(() => void this.#fire(meant), pressFor);
  }

  /** One of two presses. */
  twice(meant: M, says: string): void {
    if (this.busy) return;
    this.look(meant, says);
    if (this.again) { void this.#fire(meant); return; }
    this.#was = sign(meant, says);
    this.again = true;
    this.#forget = setTimeout(() => (this.again = false), pairFor);
  }

  /** Lets go. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.pressing = false;
  }

  /** Lets go, and forgets the first of two presses. */
  drop(): void {
    this.cancel();
    clearTimeout(this.#forget);
    this.again = false;
  }

  /** Looks whether the button still means what it meant when it was pressed. */
  look(meant: M, says: string): void {
    if ((this.pressing || this.again) && sign(meant, says) !== this.#was) this.drop();
  }

  async #fire(meant: M): Promise<void> {
    this.drop();
    this.busy = true;
    try { await this.#act(meant); } finally { this.busy = false; }
  }
}

const sign = (meant: unknown, says: string): string => `${JSON.stringify(meant) ?? ""}\n${says}`;
