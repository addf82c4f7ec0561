// The keys of a card, as they are shown and as they are pressed.

export type CardKey =
  | "open"
  | "after"
  | "before"
  | "condition"
  | "duplicate"
  | "up"
  | "down"
  | "in"
  | "out"
  | "toggle"
  | "rename"
  | "remove"
  | "fold"
  | "menu";

/** How keys are written beside what they do. */
export const KEYS: Partial<Record<CardKey | "copy" | "cut" | "paste", string>> = {
  after: "A",
  before: "⇧A",
  condition: "C",
  copy: "Ctrl+C",
  cut: "Ctrl+X",
  paste: "Ctrl+V",
  duplicate: "Ctrl+D",
  up: "Alt+↑",
  down: "Alt+↓",
  in: "Alt+→",
  out: "Alt+←",
  toggle: "E",
  rename: "F2",
  remove: "Del",
  fold: "Space",
};

type Pressed = Pick<KeyboardEvent, "key" | "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

/** What a key pressed on a card means. `letters`: whether keys of one letter mean anything. */
export function cardKey(event: Pressed, letters: boolean): CardKey | undefined {
  const { key, altKey, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  if (altKey && !command) {
    return ({ ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" } as const)[key];
  }
  // By the place on the keyboard, so that they work in every language.
  if (command) return event.code === "KeyD" && !shiftKey ? "duplicate" : undefined;
  if (key === "F10" && shiftKey) return "menu";
  if (key === "ContextMenu") return "menu";
  if (key === "F2") return "rename";
  if (key === "Delete" || key === "Backspace") return "remove";
  if (key === " ") return "fold";
  if (key === "Enter") return "open";
  if (!letters) return undefined;
  if (event.code === "KeyA") return shiftKey ? "before" : "after";
  if (shiftKey) return undefined;
  return ({ KeyC: "condition", KeyE: "toggle" } as const)[event.code];
}
