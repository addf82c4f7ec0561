// Every key there is, by where it works. `keys` are alternatives; `+` joins what is pressed together, a blank what follows.

import { COMMAND_KEY } from "./command-key";

const C = COMMAND_KEY;

export const SHORTCUTS = [
  {
    scope: "everywhere",
    rows: [
      { does: "palette", keys: [`${C}+K`] },
      { does: "go_workflows", keys: ["G W"] },
      { does: "go_executions", keys: ["G E"] },
      { does: "go_requests", keys: ["G R"] },
      { does: "go_settings", keys: ["G S"] },
      { does: "search", keys: ["/"] },
      { does: "help", keys: ["?"] },
      { does: "rail", keys: ["["] },
    ],
  },
  {
    scope: "canvas",
    rows: [
      { does: "stops", keys: ["↑", "↓"] },
      { does: "branches", keys: ["←", "→"] },
      { does: "ends", keys: ["Home", "End"] },
      { does: "open", keys: ["Enter"] },
      { does: "add_after", keys: ["A"] },
      { does: "add_before", keys: ["Shift+A"] },
      { does: "condition_after", keys: ["C"] },
      { does: "clipboard", keys: [`${C}+C`, `${C}+X`, `${C}+V`] },
      { does: "duplicate", keys: [`${C}+D`] },
      { does: "move", keys: ["Alt+↑", "Alt+↓"] },
      { does: "move_into", keys: ["Alt+→"] },
      { does: "disable", keys: ["E"] },
      { does: "rename", keys: ["F2"] },
      { does: "delete", keys: ["Delete"] },
      { does: "collapse", keys: ["Space"] },
      { does: "menu", keys: ["Shift+F10"] },
    ],
  },
  {
    scope: "editor",
    rows: [
      { does: "undo", keys: [`${C}+Z`] },
      { does: "redo", keys: [`${C}+Shift+Z`, `${C}+Y`] },
      { does: "save", keys: [`${C}+S`] },
      { does: "test", keys: ["T"] },
      { does: "run", keys: [`${C}+Enter`] },
      { does: "publish", keys: ["P"] },
      { does: "fit", keys: ["F"] },
      { does: "zoom", keys: ["+", "–", "0"] },
      { does: "find", keys: [`${C}+F`] },
      { does: "outline", keys: ["O"] },
      { does: "copy_url", keys: ["U"] },
      { does: "close", keys: ["Esc"] },
    ],
  },
  {
    scope: "field",
    rows: [
      { does: "complete", keys: ["{{"] },
      { does: "picker", keys: ["Ctrl+Space"] },
      { does: "areas", keys: ["F6"] },
    ],
  },
  {
    scope: "lists",
    rows: [
      { does: "rows", keys: ["J", "K"] },
      { does: "open_row", keys: ["Enter"] },
      { does: "select", keys: ["X"] },
      { does: "replay", keys: ["R"] },
      { does: "live", keys: ["L"] },
      { does: "new_workflow", keys: ["N"] },
    ],
  },
] as const;
