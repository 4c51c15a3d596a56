// Dragging rows with mouse, pen or finger, through a list of any length: what is
// dragged stays where it is, a line shows where it would go. Near an edge the list
// scrolls by itself.

interface Ends {
  /** The place of the screen's height, as in VirtualList.under. */
  under: (clientY: number) => { index: number; part: number };
  viewport: () => HTMLElement | undefined;
  count: () => number;
  drop: (keys: ReadonlySet<number>, place: number) => void;
}

const edge = 56; // px from which on the list scrolls
const fastest = 1800; // px/s

export class Drag {
  keys = $state.raw<ReadonlySet<number> | null>(null); // what is dragged; null: nothing, or what comes from elsewhere
  place = $state<number | null>(null); // before which row it would go
  #ends: Ends;
  #y = 0;
  #frame = 0;
  #last = 0;
  #from: { x: number; y: number; keys: () => ReadonlySet<number>; id: number; el: HTMLElement } | null = null;

  constructor(ends: Ends) { this.#ends = ends; }

  /** A press that may become a drag. */
  press(e: PointerEvent, el: HTMLElement, keys: () => ReadonlySet<number>): void {
    this.#from = { x: e.clientX, y: e.clientY, keys, id: e.pointerId, el };
  }

  move(e: PointerEvent): void {
    const f = this.#from;
    if (!f || e.pointerId !== f.id) return;
    if (this.keys === null) {
      if (Math.hypot(e.clientX - f.x, e.clientY - f.y) < 5) return;
      const keys = f.keys();
      if (keys.size === 0) return;
      f.el.setPointerCapture(f.id);
      this.keys = keys;
    }
    e.preventDefault();
    this.over(e.clientY);
  }

  /** True when it was a drag. */
  release(): boolean {
    const keys = this.keys, place = this.place;
    const was = keys !== null;
    this.cancel();
    if (keys && place !== null) this.#ends.drop(keys, place);
    return was;
  }

  cancel(): void {
    this.#from = null;
    this.keys = null;
    this.leave();
  }

  /** Something is over the list at a height; also what comes from elsewhere. */
  over(clientY: number): void {
    this.#y = clientY;
    this.#aim();
    if (!this.#frame) { this.#last = performance.now(); this.#frame = requestAnimationFrame((t) => this.#scroll(t)); }
  }

  leave(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.place = null;
  }

  #aim(): void {
    if (this.#ends.count() === 0) { this.place = 0; return; }
    const { index, part } = this.#ends.under(this.#y);
    const place = part > 0.5 ? index + 1 : index;
    if (place !== this.place) this.place = place;
  }

  #scroll(now: number): void {
    const el = this.#ends.viewport();
    if (!el || this.place === null) { this.#frame = 0; return; }
    const box = el.getBoundingClientRect();
    const near = this.#y < box.top + edge ? this.#y - box.top - edge : this.#y > box.bottom - edge ? this.#y - box.bottom + edge : 0;
    const seconds = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    if (near !== 0) {
      el.scrollTop += Math.max(-1, Math.min(1, near / edge)) * fastest * seconds;
      this.#aim();
    }
    this.#frame = requestAnimationFrame((t) => this.#scroll(t));
  }
}
