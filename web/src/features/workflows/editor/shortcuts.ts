// The keys of the whole editor. Those of a card are in ./canvas/keys.

import { type RefObject, useEffect } from "react";
import { isTyping, lettersOn } from "@/lib/shortcuts";
import type { CanvasControls } from "./canvas/canvas";
import { useEditorStore } from "./store";

export interface EditorKeys {
  test: () => void;
  publish: () => void;
  copyUrl: () => void;
  /** Says that everything is saved. */
  saved: () => void;
}

export function useEditorKeys(keys: EditorKeys, controls: RefObject<CanvasControls | null>) {
  const store = useEditorStore();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const target = event.target instanceof Element ? event.target : null;
      // What is open in front has keys of its own.
      if (target?.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]')) return;
      const act = event.key === "F6" ? () => nextRegion(target, event.shiftKey) : (commandOf(event) ?? letterOf(event));
      if (!act) return;
      event.preventDefault();
      act();
    };
    const commandOf = (event: KeyboardEvent): (() => void) | undefined => {
      if (!event.ctrlKey && !event.metaKey) return undefined;
      const { undo, redo, flush } = store.getState();
      // The test panel and the title have fields that are in no document.
      const own = isTyping(event.target) && !(event.target as Element).closest('[data-region="drawer"]');
      switch (event.code) {
        case "KeyZ":
          return own ? undefined : event.shiftKey ? redo : undo;
        case "KeyY":
          return own ? undefined : redo;
        case "KeyS":
          return () => void flush().then((done) => done && keys.saved());
        case "KeyF":
          return controls.current?.find;
      }
      return undefined;
    };
    const letterOf = (event: KeyboardEvent): (() => void) | undefined => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || !lettersOn()) return undefined;
      const canvas = controls.current;
      if (event.key === "+" || event.key === "=") return () => canvas?.by(1);
      if (event.key === "-") return () => canvas?.by(-1);
      if (event.shiftKey) return undefined;
      const letters: Record<string, (() => void) | undefined> = {
        KeyT: keys.test,
        KeyP: keys.publish,
        KeyU: keys.copyUrl,
        KeyF: canvas?.fit,
        KeyO: canvas?.outline,
        Digit0: canvas?.reset,
      };
      return letters[event.code];
    };
    const nextRegion = (from: Element | null, back: boolean) => {
      const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter(
        (each) => !each.closest("[inert]"),
      );
      const at = regions.findIndex((region) => region.contains(from));
      const next = regions[(at + (back ? regions.length - 1 : 1)) % regions.length];
      if (next?.dataset.region === "canvas") {
        // From a drawer to the card it belongs to.
        const { call, focused, selected } = store.getState();
        return call(selected ?? focused);
      }
      next
        ?.querySelector<HTMLElement>(
          '[data-panel] :is(input, textarea, button, [contenteditable="true"]), input, textarea, button',
        )
        ?.focus();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [keys, controls, store]);
}
