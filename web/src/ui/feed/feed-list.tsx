// Rows of one height, of which only those in sight are drawn. One Tab stop: J and K or the arrows go from row to row.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { isTyping, lettersOn } from "@/lib/shortcuts";
import { scrollerOf } from "./use-pause";

export interface RowState {
  /** The row that Tab comes to. */
  isActive: boolean;
  tabIndex: 0 | -1;
}

export function FeedList<T extends { id: string }>({
  items,
  label,
  rowHeight,
  row,
  isNew,
  isMore,
  onEnd,
  onKey,
  onScroller,
  onHover,
}: {
  items: T[];
  label: string;
  rowHeight: number;
  /** Its first link is what the row leads to. */
  row: (item: T, state: RowState) => ReactNode;
  isNew?: (id: string) => boolean;
  isMore: boolean;
  /** The last rows are in sight. */
  onEnd: () => void;
  /** Single letters on a row: `x`, `r`. */
  onKey?: (key: string, item: T, event: KeyboardEvent) => void;
  onScroller?: (scroller: HTMLElement | null) => void;
  onHover?: (hovers: boolean) => void;
}) {
  const root = useRef<HTMLUListElement>(null);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const [margin, setMargin] = useState(0);
  const [active, setDrawnActive] = useState<string | null>(null);
  // Keys may come faster than rows are drawn.
  const pressed = useRef<string | null>(null);
  const setActive = (id: string) => {
    pressed.current = id;
    setDrawnActive(id);
  };
  useLayoutEffect(() => {
    const found = scrollerOf(root.current);
    setScroller(found);
    onScroller?.(found);
  }, [onScroller]);
  // What stands above the list may grow and shrink.
  useLayoutEffect(() => {
    const list = root.current;
    if (!list || !scroller) return;
    const measure = () =>
      setMargin(list.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop);
    measure();
    const observer = new ResizeObserver(measure);
    for (const beside of list.parentElement?.children ?? []) if (beside !== list) observer.observe(beside);
    observer.observe(scroller);
    return () => observer.disconnect();
  }, [scroller]);

  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    getItemKey: (index) => items[index]?.id ?? index,
    scrollMargin: margin,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are known, not measured
  useLayoutEffect(() => virtual.measure(), [rowHeight]);

  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (isMore && last >= items.length - 10) onEnd();
  }, [isMore, last, items.length, onEnd]);

  const activeIndex = Math.max(
    0,
    items.findIndex((item) => item.id === active),
  );
  const go = (index: number) => {
    const item = items[index];
    if (!item) return;
    setActive(item.id);
    virtual.scrollToIndex(index);
    requestAnimationFrame(() => linkOf(root.current, item.id)?.focus({ preventScroll: true }));
  };
  const now = useRef({ items, go, onKey });
  useEffect(() => {
    now.current = { items, go, onKey };
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || isTyping(event.target)) return;
      const target = event.target as HTMLElement;
      const elsewhere = target === document.body || target.id === "main";
      const inside = (root.current?.contains(target) ?? false) || (elsewhere && pressed.current !== null);
      if (!inside && !(elsewhere && lettersOn())) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      const { items, go, onKey } = now.current;
      const letter = lettersOn() ? event.key.toLowerCase() : "";
      const at = items.findIndex((item) => item.id === pressed.current);
      const item = items[Math.max(0, at)];
      // At the end it stays there, which brings the focus back to the row if something took it away.
      if (letter === "j" || (inside && event.key === "ArrowDown")) go(Math.min(at + 1, items.length - 1));
      else if (letter === "k" || (inside && event.key === "ArrowUp")) go(Math.max(0, at - 1));
      else if (inside && event.key === "Home") go(0);
      else if (inside && event.key === "End") go(items.length - 1);
      else if (inside && letter && item && onKey) return onKey(letter, item, event);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  return (
    <ul
      ref={root}
      aria-label={label}
      className="relative w-full"
      style={{ height: virtual.getTotalSize() }}
      onPointerEnter={(event) => event.pointerType === "mouse" && onHover?.(true)}
      onPointerLeave={() => onHover?.(false)}
    >
      {rows.map(({ index, start, key }) => {
        const item = items[index];
        if (!item) return null;
        const isActive = index === activeIndex;
        return (
          <li
            key={key}
            data-row={item.id}
            aria-setsize={isMore ? -1 : items.length}
            aria-posinset={index + 1}
            onFocus={() => setActive(item.id)}
            className={`absolute inset-x-0 top-0 border-b border-line ${
              isNew?.(item.id) ? "transition-opacity duration-150 starting:opacity-0" : ""
            }`}
            style={{ height: rowHeight, transform: `translateY(${start - margin}px)` }}
          >
            {row(item, { isActive, tabIndex: isActive ? 0 : -1 })}
          </li>
        );
      })}
    </ul>
  );
}

function linkOf(root: HTMLElement | null, id: string): HTMLElement | null {
  return root?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] a`) ?? null;
}
