// The undo history of a tab, kept over a reload.

import { equal } from "@/flow/differences";
import type { Flow } from "@/flow/document";
import type { Edit } from "../store";

interface Kept {
  /** The flow that the history leads to and from: its patches mean nothing on another one. */
  flow: Flow;
  past: Edit[];
  future: Edit[];
}

const name = (key: string) => `hookflow.past.${key}`;

export function keepPast(key: string, kept: Kept): void {
  // What does not fit is forgotten from its far end.
  for (let { past, future } = kept; ; past = past.slice(Math.ceil(past.length / 2)), future = []) {
    try {
      sessionStorage.setItem(name(key), JSON.stringify({ flow: kept.flow, past, future }));
      return;
    } catch {
      if (past.length === 0) return;
    }
  }
}

/** The history that belongs to this flow. */
export function keptPast(key: string, flow: Flow): Pick<Kept, "past" | "future"> {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name(key)) ?? "null") as Kept | null;
    if (kept && equal(kept.flow, flow)) return { past: kept.past, future: kept.future };
  } catch {
    // Not ours, or cut off.
  }
  return { past: [], future: [] };
}
