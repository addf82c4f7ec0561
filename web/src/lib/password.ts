// How hard a password is to guess, as far as that can be said honestly without lists of passwords: by its length.

/** The server's own rule, `domain::user::check_password`. */
export const PASSWORD_CHARS_MIN = 12;

export type Strength = "empty" | "short" | "repeats" | "fair" | "good" | "strong";

/** Characters as people count them, not units of the encoding. */
export function lengthOf(password: string): number {
  return [...password].length;
}

export function strength(password: string): Strength {
  const length = lengthOf(password);
  if (length === 0) return "empty";
  if (length < PASSWORD_CHARS_MIN) return "short";
  // "aaaaaaaaaaaaaaaa" is long and worth nothing.
  if (new Set(password).size < 6) return "repeats";
  if (length < 16) return "fair";
  return length < 20 ? "good" : "strong";
}
