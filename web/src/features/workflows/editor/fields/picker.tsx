// The variable picker: a column beside the drawer while a field that takes variables is in use; a sheet where there is
// no room for one.

import { X } from "lucide-react";
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { createPortal } from "react-dom";
import type { VariableRoot } from "@/flow/variables";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { keepClosed } from "./picking";
import { VariableTree } from "./variable-tree";
import { With } from "./with";

const WIDTH = 300;
/** `--breakpoint-wide`. */
const WIDE = "(min-width: 1080px)";

export function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const hear = () => setWide(query.matches);
    query.addEventListener("change", hear);
    return () => query.removeEventListener("change", hear);
  }, []);
  return wide;
}

export interface PickerProps {
  id: string;
  roots: VariableRoot[];
  onInsert: (path: string, closes: boolean) => void;
  error: unknown;
}

/** `beside` is the field: the column stands left of the drawer it is in. */
export function PickerColumn({
  beside,
  onLeave,
  ...picker
}: PickerProps & { beside: RefObject<HTMLElement | null>; onLeave: () => void }) {
  const { t } = useTranslation("fields");
  const place = usePlace(beside);
  if (!place) return null;
  return createPortal(
    <section
      id={picker.id}
      aria-label={t("picker.label")}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        onLeave();
      }}
      style={{ ...place, width: WIDTH }}
      className="fixed z-20 flex flex-col border-x border-line bg-surface shadow-overlay"
    >
      <header className="flex items-start justify-between gap-2 py-2 pr-2 pl-3">
        <div className="min-w-0">
          <h2 className="text-control font-medium">{t("picker.label")}</h2>
          <With />
        </div>
        <IconButton
          label={t("picker.close")}
          onPress={() => {
            keepClosed(true);
            onLeave();
          }}
        >
          <X size={16} />
        </IconButton>
      </header>
      <VariableTree roots={picker.roots} onInsert={picker.onInsert} />
      <footer className="border-t border-line px-3 py-2 text-meta text-ink-3">{t("picker.keys")}</footer>
    </section>,
    document.body,
  );
}

export function PickerSheet({ onClose, ...picker }: PickerProps & { onClose: () => void }) {
  const { t } = useTranslation("fields");
  return (
    <Dialog title={t("picker.label")} isOpen onClose={onClose}>
      <div id={picker.id} className="-mx-3 flex h-[60vh] flex-col">
        <div className="px-3 pb-2">
          <With />
        </div>
        <VariableTree roots={picker.roots} onInsert={(path) => picker.onInsert(path, true)} autoFocus />
      </div>
    </Dialog>
  );
}

function usePlace(beside: RefObject<HTMLElement | null>) {
  const [place, setPlace] = useState<{ top: number; height: number; left: number }>();
  useLayoutEffect(() => {
    const drawer = beside.current?.closest<HTMLElement>("[data-drawer], aside, [role=dialog]") ?? beside.current;
    if (!drawer) return;
    const measure = () => {
      const { top, left, height } = drawer.getBoundingClientRect();
      const room = Math.min(height, innerHeight - Math.max(top, 0));
      setPlace({ top: Math.max(top, 0), height: Math.max(room, 240), left: Math.max(0, left - WIDTH) });
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(drawer);
    addEventListener("resize", measure);
    return () => {
      watch.disconnect();
      removeEventListener("resize", measure);
    };
  }, [beside]);
  return place;
}
