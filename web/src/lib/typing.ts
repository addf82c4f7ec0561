/** Whether a key goes into a field or an open dialog or menu, where single letters are no shortcuts. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const isField = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  return (
    isField ||
    target.isContentEditable ||
    target.closest("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]") !== null
  );
}
