import { Maximize2, Minus, Plus } from "lucide-react";
import { type RefObject, useCallback, useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";

/** How small and how large the map can be drawn. */
const [LEAST, MOST, STEP] = [0.25, 2, 0.1];

export interface Zoom {
  zoom: number;
  by: (step: number) => void;
  reset: () => void;
  /** As large as fits into the view, and no larger than life. */
  fit: () => void;
}

/** The zoom of what is in a scrolling view, also by Ctrl or ⌘ and the wheel. */
export function useZoom(view: RefObject<HTMLElement | null>): Zoom {
  const [zoom, setZoom] = useState(1);
  const by = useCallback((step: number) => setZoom((now) => clamped(now + step * STEP)), []);
  const reset = useCallback(() => setZoom(1), []);
  const fit = useCallback(() => {
    const map = view.current?.querySelector<HTMLElement>("[data-focused-stop] > ol");
    if (!view.current || !map) return;
    const { width, height } = map.getBoundingClientRect();
    setZoom((now) => {
      const wide = (view.current?.clientWidth ?? 0) / (width / now + 64);
      const high = (view.current?.clientHeight ?? 0) / (height / now + 96);
      return clamped(Math.min(1, wide, high));
    });
    view.current.scrollTo({ top: 0 });
  }, [view]);
  useEffect(() => {
    const element = view.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      setZoom((now) => clamped(now * Math.exp(-event.deltaY / 400)));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [view]);
  return { zoom, by, reset, fit };
}

function clamped(zoom: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, zoom)) * 100) / 100;
}

export function ZoomControls({ zoom, by, fit, reset }: Zoom) {
  const { t } = useTranslation("editor");
  return (
    <span className="flex items-center">
      <IconButton label={t("zoom.out")} keys="−" onPress={() => by(-1)}>
        <Minus size={16} />
      </IconButton>
      <button
        type="button"
        onClick={reset}
        aria-label={t("zoom.reset", { percent: Math.round(zoom * 100) })}
        className="h-8 w-12 rounded-control text-meta text-ink-2 hover:bg-hover touch:h-11"
      >
        {Math.round(zoom * 100)} %
      </button>
      <IconButton label={t("zoom.in")} keys="+" onPress={() => by(1)}>
        <Plus size={16} />
      </IconButton>
      <IconButton label={t("zoom.fit")} keys="F" onPress={fit}>
        <Maximize2 size={16} />
      </IconButton>
    </span>
  );
}
