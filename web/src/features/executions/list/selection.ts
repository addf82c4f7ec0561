import { useCallback, useMemo, useRef, useState } from "react";

export interface Selection {
  ids: ReadonlySet<string>;
  /** With `isRange`, everything from the last one on. */
  toggle: (id: string, isRange?: boolean) => void;
  all: () => void;
  clear: () => void;
}

/** Rows that something is done with together, in the order of `order`. */
export function useSelection(order: { id: string }[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const rows = useRef(order);
  rows.current = order;
  const last = useRef<string | null>(null);
  const toggle = useCallback((id: string, isRange = false) => {
    const from = rows.current.findIndex((row) => row.id === last.current);
    const to = rows.current.findIndex((row) => row.id === id);
    last.current = id;
    setIds((before) => {
      const after = new Set(before);
      if (isRange && from >= 0 && to >= 0) {
        for (const row of rows.current.slice(Math.min(from, to), Math.max(from, to) + 1)) after.add(row.id);
      } else if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  const all = useCallback(() => setIds(new Set(rows.current.map((row) => row.id))), []);
  const clear = useCallback(() => setIds(new Set()), []);
  return useMemo(() => ({ ids, toggle, all, clear }), [ids, toggle, all, clear]);
}
