// Which field the variable picker puts into: the one that has the focus, or had it last while the picker has it.

import { create } from "zustand";

interface Picking {
  /** The field's id; null when no field that takes variables is in use. */
  field: string | null;
  /** Closed by the author: stays so until it is asked for. */
  closed: boolean;
}

const KEPT = "hookflow.picker";

export const usePicking = create<Picking>(() => ({ field: null, closed: localStorage.getItem(KEPT) === "closed" }));

export function begin(field: string): void {
  usePicking.setState({ field });
}

/** The focus left the field for something that is neither it nor the picker. */
export function end(field: string): void {
  if (usePicking.getState().field === field) usePicking.setState({ field: null });
}

export function keepClosed(closed: boolean): void {
  if (closed) localStorage.setItem(KEPT, "closed");
  else localStorage.removeItem(KEPT);
  usePicking.setState({ closed });
}
