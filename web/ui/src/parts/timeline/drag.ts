// Dragging with a mouse or pen. A finger scrolls; it has the editor.

export interface Drag {
  /** So far, px. */
  move: (dx: number, dy: number, e: PointerEvent) => void;
  /** Let go; false: cancelled. */
  end: (dropped: boolean) => void;
}

/** Follows the pointer from here on; what moves by less than a few px is a click, and no drag. */
export function follow(e: PointerEvent, drag: Drag): void {
  if (e.button !== 0 || e.pointerType === "touch") return;
  const el = e.currentTarget as HTMLElement, x = e.clientX, y = e.clientY;
  let began = false;
  el.setPointerCapture(e.pointerId);
  const move = (m: PointerEvent) => {
    began ||= Math.hypot(m.clientX - x, m.clientY - y) > 4;
    if (began) drag.move(m.clientX - x, m.clientY - y, m);
  };
  const stop = (dropped: boolean) => {
    el.removeEventListener("pointermove", move);
    el.removeEventListener("pointerup", up);
    el.removeEventListener("pointercancel", cancel);
    window.removeEventListener("keydown", escape, true);
    if (began) drag.end(dropped);
  };
  const up = () => stop(true);
  const cancel = () => stop(false);
  const escape = (k: KeyboardEvent) => { if (k.key === "Escape") { k.stopPropagation(); stop(false); } };
  el.addEventListener("pointermove", move);
  el.addEventListener("pointerup", up);
  el.addEventListener("pointercancel", cancel);
  window.addEventListener("keydown", escape, true);
}
