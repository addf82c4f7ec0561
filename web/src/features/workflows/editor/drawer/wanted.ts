// Brings the keyboard to a field of the drawer: a field carries `data-pointer`, its JSON pointer below the node.

import { type RefObject, useEffect } from "react";
import { isTyping } from "@/lib/shortcuts";
import { useEditor, useEditorStore } from "../store";

/** How long a field may take to appear: code editors are loaded when they are first needed. */
const APPEARS_MS = 1_500;
const FOCUSABLE =
  'input:not([type="hidden"]):not([disabled]), textarea:not([disabled]), [contenteditable="true"], select:not([disabled]), button:not([disabled])';

export function useWantedField(body: RefObject<HTMLElement | null>) {
  const wanted = useEditor((editor) => editor.wanted);
  const selected = useEditor((editor) => editor.selected);
  const store = useEditorStore();
  useEffect(() => {
    if (wanted === null || selected === null) return;
    const until = Date.now() + APPEARS_MS;
    let timer: ReturnType<typeof setTimeout>;
    let began: Element | null | undefined;
    const look = () => {
      began ??= document.activeElement;
      // Whoever types somewhere else by now is not called away.
      if (document.activeElement !== began && isTyping(document.activeElement)) return store.setState({ wanted: null });
      const field = body.current && fieldAt(body.current, wanted, Date.now() >= until);
      if (field) {
        field.focus();
        field.scrollIntoView({ block: "nearest" });
      } else if (Date.now() < until) {
        timer = setTimeout(look, 50);
        return;
      }
      store.setState({ wanted: null });
    };
    // After what was open has given the focus back.
    timer = setTimeout(look, 60);
    return () => clearTimeout(timer);
  }, [wanted, selected, body, store]);
}

/** The field of a pointer or of what is around it; in the end, the first one there is. */
function fieldAt(body: HTMLElement, pointer: string, anything: boolean): HTMLElement | null {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const field = body.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(at)}"]`);
    if (field) return field.matches(FOCUSABLE) ? field : field.querySelector<HTMLElement>(FOCUSABLE);
  }
  // The form's own fields: not the title above them.
  return pointer === "" || anything
    ? (body.querySelector<HTMLElement>("[data-panel]")?.querySelector<HTMLElement>(FOCUSABLE) ??
        (anything ? body.querySelector<HTMLElement>(FOCUSABLE) : null))
    : null;
}
