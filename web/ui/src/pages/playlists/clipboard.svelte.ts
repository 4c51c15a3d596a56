// Items that were copied, to be put into this or another playlist.

import type { Item } from "../../lib/draft/item";

class Clipboard {
  items = $state.raw<readonly Item[]>([]);
  copy(items: readonly Item[]): void { if (items.length > 0) this.items = items; }
}

export const clipboard = new Clipboard();
