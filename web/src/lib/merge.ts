// A list that was read page by page, and what the live feed told meanwhile, as one list: no gap, no duplicate.
// What is told is on disk, so a page that was asked for after it was heard shows it, the same or newer.

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  /** When the page was asked for, by this window's clock. */
  askedAt: number;
}

export interface Told<T> {
  item: T;
  /** When it was heard, by the same clock. */
  at: number;
}

/** Ids are in the order of time behind their prefix. */
export function timeOf(id: string): string {
  return id.slice(id.indexOf("_") + 1);
}

/**
 * Newest first. `fits` says whether something belongs into the list: what is told is not filtered by the server.
 * `pick` chooses where a page and the feed both know something and the feed is not older.
 */
export function merged<T extends { id: string }>(
  pages: readonly Page<T>[],
  told: ReadonlyMap<string, Told<T>>,
  fits: (item: T) => boolean,
  pick: (told: T, read: T) => T = (item) => item,
): T[] {
  const first = pages[0];
  if (!first) return [];
  const all = new Map<string, T>();
  for (const page of pages) {
    for (const read of page.items) {
      const news = told.get(read.id);
      const item = news && news.at >= page.askedAt ? pick(news.item, read) : read;
      if (item === read || fits(item)) all.set(item.id, item);
      else all.delete(item.id);
    }
  }
  const rest = pages.at(-1)?.next_cursor;
  const known = new Set(pages.flatMap((page) => page.items.map((item) => item.id)));
  for (const { item, at } of told.values()) {
    if (known.has(item.id) || at < first.askedAt || !fits(item)) continue;
    // Older than what has been read so far: it comes with its page.
    if (rest && timeOf(item.id) <= timeOf(rest)) continue;
    all.set(item.id, item);
  }
  return [...all.values()].sort((a, b) => (timeOf(a.id) < timeOf(b.id) ? 1 : -1));
}
