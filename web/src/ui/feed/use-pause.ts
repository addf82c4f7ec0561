import { useEffect, useState } from "react";

/** The part of the page that scrolls: the list stands in it with everything else. */
export function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  let at = element?.parentElement ?? null;
  while (at && !/auto|scroll/.test(getComputedStyle(at).overflowY)) at = at.parentElement;
  return at;
}

/** Whether somebody reads further down. */
export function useScrolled(scroller: HTMLElement | null): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    if (!scroller) return;
    const look = () => setScrolled(scroller.scrollTop > 8);
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    return () => scroller.removeEventListener("scroll", look);
  }, [scroller]);
  return scrolled;
}
