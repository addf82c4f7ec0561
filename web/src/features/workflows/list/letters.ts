import { isTyping, lettersOn } from "@/lib/shortcuts";

/** Whether a key is one of the page's single letters: nothing is typed, and nothing is open in front. */
export function isLetter(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
  const target = event.target instanceof Element ? event.target : null;
  const inFront = target?.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]');
  return lettersOn() && !isTyping(target) && !inFront;
}
