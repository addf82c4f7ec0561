// The parts of the settings, in the order of the list.

const PARTS = ["profile", "users", "tokens", "secrets", "server", "about"] as const;
export type Part = (typeof PARTS)[number];

/** What only administrators see. */
const FOR_ADMINS: readonly Part[] = ["users", "tokens"];

export function partsFor(isAdmin: boolean): Part[] {
  return PARTS.filter((part) => isAdmin || !FOR_ADMINS.includes(part));
}

export function isPart(name: string): name is Part {
  return (PARTS as readonly string[]).includes(name);
}
