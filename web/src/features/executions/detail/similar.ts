// Paths of the request that somebody may have meant by one that led nowhere.

/** The last plain word of a path. */
function word(path: string): string {
  return (/([^.[\]"]+)["\]]*$/.exec(path)?.[1] ?? path).toLowerCase();
}

/** How many letters have to change, at most `most` + 1. */
export function distance(a: string, b: string, most = 3): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] as number, most + 1);
}

/**
 * The likeliest of `there`, best first, at most three: the same last word somewhere else, the same word within a few
 * letters, or a word that holds the other. Nothing when nothing is alike.
 */
export function similar(missing: string, there: readonly string[]): string[] {
  const wanted = word(missing);
  const root = missing.split(/[.[]/, 2).join(".");
  const score = (path: string): number => {
    const own = word(path);
    const outside = path.startsWith(root) ? 0 : 2;
    if (own === wanted) return outside;
    const letters = distance(own, wanted);
    if (letters <= Math.min(3, Math.floor(wanted.length / 3))) return 1 + letters + outside;
    if (wanted.length >= 3 && own.length >= 3 && (own.includes(wanted) || wanted.includes(own))) return 5 + outside;
    return Number.POSITIVE_INFINITY;
  };
  return there
    .filter((path) => path !== missing)
    .map((path) => ({ path, score: score(path) }))
    .filter(({ score }) => Number.isFinite(score))
    .sort((a, b) => a.score - b.score || a.path.length - b.path.length)
    .slice(0, 3)
    .map(({ path }) => path);
}
