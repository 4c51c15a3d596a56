// The house's rate, for time codes: told by how many pictures an entry has in its time.

import { get, type Type } from "../../api/call";

const rates = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];

class House {
  fps = $state(25);
  #asked = false;

  async ask(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const list = await get<Type<"Upcoming">[]>("/rundown", { limit: 50 });
      let best = 0;
      for (const e of list) {
        if (!e.end || !e.ticks) continue;
        const span = Date.parse(e.end) - Date.parse(e.start);
        if (span <= best) continue;
        best = span;
        const rate = (e.ticks * 1000) / span;
        this.fps = rates.reduce((a, b) => (Math.abs(b - rate) < Math.abs(a - rate) ? b : a));
      }
    } catch { this.#asked = false; }
  }
}

export const house = new House();
