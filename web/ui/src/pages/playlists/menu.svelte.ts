// One menu for the page, opened at a button or where a row was pressed.

import type { IconName } from "../../parts/icons";

export interface Choice { label: string; icon?: IconName; act: () => void; disabled?: boolean; why?: string; detail?: string; rule?: boolean; on?: boolean }

class Menu {
  choices = $state.raw<Choice[]>([]);
  x = $state(0);
  y = $state(0);
  right = $state(false); // hangs from its right edge
  label = $state("");
  from: HTMLElement | null = null;

  show(e: MouseEvent, label: string, choices: Choice[]): void {
    const el = e.currentTarget as HTMLElement;
    const box = el.getBoundingClientRect();
    const atPointer = e.type === "contextmenu" && e.clientX > 0;
    this.right = !atPointer && box.left > window.innerWidth / 2;
    this.x = atPointer ? e.clientX : this.right ? box.right : box.left;
    this.y = atPointer ? e.clientY : box.bottom + 2;
    this.from = el;
    this.label = label;
    this.choices = choices;
    e.preventDefault();
  }

  close(back = false): void {
    if (this.choices.length === 0) return;
    this.choices = [];
    if (back) this.from?.focus();
  }
}

export const menu = new Menu();
