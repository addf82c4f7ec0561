import { useSyncExternalStore } from "react";

/** Whether the window is as the media query says, now and whenever that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

/** Phones, and windows as small. */
export const NARROW = "(max-width: 719px)";
