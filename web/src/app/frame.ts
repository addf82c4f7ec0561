// What stands around the pages and is opened from more than one place.

import { create } from "zustand";

const FOLDED = "hookflow.rail";

export const useFrame = create<{ folded: boolean; palette: boolean; help: boolean }>(() => ({
  folded: localStorage.getItem(FOLDED) === "folded",
  palette: false,
  help: false,
}));

export function foldRail(): void {
  const folded = !useFrame.getState().folded;
  localStorage.setItem(FOLDED, folded ? "folded" : "");
  useFrame.setState({ folded });
}
