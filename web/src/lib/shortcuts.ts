// Keys of one letter can be switched off (WCAG 2.1.4), and mean letters wherever text is typed.

const KEPT = "hookflow.letters";

export function lettersOn(): boolean {
  return localStorage.getItem(KEPT) !== "off";
}

/** Whether keys that are pressed there are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|range)$/.test(target.type);
}
