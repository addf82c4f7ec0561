/** Whether commands are given with ⌘. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export const COMMAND_KEY = isMac ? "⌘" : "Ctrl";
