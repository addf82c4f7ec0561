/** What the drawer of the trigger holds below its header. */
export function TriggerPanel() {
  return null;
}
