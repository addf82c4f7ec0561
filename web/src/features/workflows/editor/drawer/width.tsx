import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useTranslation } from "@/lib/i18n";

const [LEAST, USUAL, MOST, STEP] = [360, 480, 720, 16];
const KEPT = "hookflow.drawer";

function kept(): number {
  const width = Number(localStorage.getItem(KEPT) ?? USUAL);
  return Number.isFinite(width) ? clamped(width) : USUAL;
}

function clamped(width: number): number {
  return Math.min(MOST, Math.max(LEAST, Math.round(width)));
}

/** How wide the drawer is, in pixels; this browser remembers. */
export function useDrawerWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(kept);
  return [
    width,
    (wanted) => {
      setWidth(clamped(wanted));
      localStorage.setItem(KEPT, String(clamped(wanted)));
    },
  ];
}

/** The edge of the drawer: drag it, or use the arrow keys. */
export function Edge({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const { t } = useTranslation("editor");
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    onWidth(width + step);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onWidth(window.innerWidth - event.clientX);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line that can be moved, not one between paragraphs
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("drawer.width")}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent-soft max-narrow:hidden"
    />
  );
}
