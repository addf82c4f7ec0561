/** Below the canvas: a request, and what the draft makes of it. */
export function TestPanel({ onClose: _ }: { onClose: () => void }) {
  return null;
}
