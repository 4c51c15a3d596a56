// The same done to many files, one after the other: what is refused is told at the
// end, so that the rest is not held up by it.

import { Problem } from "../../api/call";

export interface Refused { path: string; problem: string; usedBy: string[] }

/** Who airs a file, as a refusal says it. */
export function refusedOf(path: string, e: unknown): Refused {
  const used = e instanceof Problem ? e.body.used_by : undefined;
  return { path, problem: e instanceof Problem ? e.message : String(e), usedBy: Array.isArray(used) ? used.map(String) : [] };
}

/** Does it to each; no answer at all ends it, as the rest would not be answered either. */
export async function each(paths: readonly string[], act: (path: string) => Promise<unknown>, tell: (done: number) => void = () => {}): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const [i, path] of paths.entries()) {
    try {
      await act(path);
    } catch (e) {
      refused.push(refusedOf(path, e));
      if (e instanceof Problem && e.status === 0) {
        refused.push(...paths.slice(i + 1).map((p) => ({ path: p, problem: "", usedBy: [] })));
        break;
      }
    }
    tell(i + 1);
  }
  return refused;
}

/** Can all that was refused be done all the same? */
export const forcible = (refused: readonly Refused[]): boolean => refused.length > 0 && refused.every((r) => r.usedBy.length > 0);

/** What a file may not be called; "" where it may. */
export function badName(name: string): "empty" | "slash" | "hidden" | "" {
  if (!name.trim()) return "empty";
  if (/[/\\]/.test(name)) return "slash";
  return name.startsWith(".") ? "hidden" : "";
}
