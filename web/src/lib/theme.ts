// Light, dark, or what the system says. The page sets it before the first paint, see index.html.

export type Theme = "system" | "light" | "dark";
const KEPT = "hookflow.theme";

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
}
