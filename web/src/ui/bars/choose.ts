/** Bars from `first` to `last`; the end that moves is `cursor`. */
export interface Chosen {
  anchor: number;
  cursor: number;
  first: number;
  last: number;
}

export function chosenAt(index: number): Chosen {
  return { anchor: index, cursor: index, first: index, last: index };
}

/** Where a key leads: arrows move, with Shift they stretch. Undefined for other keys. Begins at the newest bar. */
export function moved(from: Chosen | null, key: string, stretch: boolean, count: number): Chosen | undefined {
  const at = from?.cursor ?? count;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[key];
  if (to === undefined) return undefined;
  const cursor = Math.min(count - 1, Math.max(0, to));
  const anchor = stretch && from ? from.anchor : cursor;
  return { anchor, cursor, first: Math.min(anchor, cursor), last: Math.max(anchor, cursor) };
}
