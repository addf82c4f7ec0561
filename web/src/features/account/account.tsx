/** Who is signed in, with language, theme and the way out. */
export function Account(_: { folded: boolean }) {
  return null;
}
