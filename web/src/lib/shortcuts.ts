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

export function switchLetters(on: boolean): void {
  if (on) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, "off");
}

/** Whether a key by itself is a command now: keys are on, and it goes neither into a text nor to what is open over the page. */
export function isCommand(event: KeyboardEvent): boolean {
  if (!lettersOn() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false;
  const over = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";
  return !(event.target instanceof Element && event.target.closest(over));
}
