// What the server does not have yet, kept in this browser: a closed tab or a dead network loses nothing.

import type { Flow } from "@/flow/document";

export interface LocalCopy {
  /** The draft's edit it was made from, and the flow of that edit. */
  edit: number;
  base: Flow;
  flow: Flow;
  /** What was on its way to the server when this was written: if the draft is that by now, it was us. */
  sent?: Flow;
}

const name = (key: string) => `hookflow.unsaved.${key}`;

export function keepLocally(key: string, copy: LocalCopy): void {
  try {
    localStorage.setItem(name(key), JSON.stringify(copy));
  } catch {
    // Full or forbidden: the server gets it as soon as it answers.
  }
}

export function keptLocally(key: string): LocalCopy | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(name(key)) ?? "null") as LocalCopy | null;
    return kept?.flow && kept.base ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function forgetLocally(key: string): void {
  try {
    localStorage.removeItem(name(key));
  } catch {
    // Nothing was kept, then.
  }
}
