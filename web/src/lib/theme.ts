// Light, dark, or what the system says. The page sets it before the first paint, see index.html.

import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEPT = "hookflow.theme";
const watching = new Set<() => void>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function chooseTheme(wanted: Theme): void {
  if (wanted === "system") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT, wanted);
    document.documentElement.dataset.theme = wanted;
  }
  for (const changed of watching) changed();
}

/** The chosen theme, also when it is chosen elsewhere on the page. */
export function useTheme(): Theme {
  return useSyncExternalStore((changed) => {
    watching.add(changed);
    return () => watching.delete(changed);
  }, theme);
}
