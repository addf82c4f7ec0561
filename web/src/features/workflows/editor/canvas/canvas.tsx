// The flow on the line map or as an outline, with everything that can be done on it.

import { ListTree, Search, Waypoints } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Place } from "@/flow/document";
import { goesOn } from "@/flow/ends";
import { useTranslation } from "@/lib/i18n";
import { lettersOn } from "@/lib/shortcuts";
import { endsFlow } from "@/nodes/kinds";
import { IconButton } from "@/ui/button";
import { Note } from "@/ui/feedback";
import { LineMap } from "@/ui/linemap/line-map";
import { useEditor, useEditorStore } from "../store";
import type { Acts } from "./acts";
import { useCards } from "./cards";
import { FindNode } from "./find-node";
import { cardKey } from "./keys";
import { Outline } from "./outline";
import { useRuns } from "./runs";
import { useZoom, type Zoom, ZoomControls } from "./zoom";

/** What the keys of the whole editor do with the canvas. */
export interface CanvasControls extends Zoom {
  find: () => void;
  outline: () => void;
}

export function Canvas({
  acts,
  outline,
  onOutline,
  controls,
}: {
  acts: Acts;
  outline: boolean;
  onOutline: (outline: boolean) => void;
  controls: RefObject<CanvasControls | null>;
}) {
  const { t } = useTranslation(["editor", "nodes"]);
  const store = useEditorStore();
  const flow = useEditor((editor) => editor.flow);
  const selected = useEditor((editor) => editor.selected);
  const focused = useEditor((editor) => editor.focused);
  const select = useEditor((editor) => editor.select);
  const focus = useEditor((editor) => editor.focus);
  const fold = useEditor((editor) => editor.fold);
  const collapsed = useEditor((editor) => editor.collapsed);
  const view = useRef<HTMLDivElement>(null);
  const zoom = useZoom(view);
  const [finding, setFinding] = useState(false);
  const card = useCards(useRuns());
  const { act, insertAt, actions } = acts;
  controls.current = { ...zoom, find: () => setFinding(true), outline: () => onOutline(!outline) };
  useCalledFocus(view);

  const onKey = useCallback(
    (key: string, event: KeyboardEvent) => {
      const meaning = cardKey(event.nativeEvent, lettersOn());
      if (!meaning) return;
      event.preventDefault();
      event.stopPropagation();
      act(key, meaning, event.target as HTMLElement);
    },
    [act],
  );
  const onClipboard = (event: ClipboardEvent) => {
    const key = stopOf(event.target);
    if (key === undefined) return;
    event.preventDefault();
    if (event.type === "paste") {
      const place = actions.after(key);
      if (place) actions.pasteText(event.clipboardData.getData("text/plain"), place);
      return;
    }
    const text = actions.clip(key, event.type === "cut");
    if (text !== undefined) event.clipboardData.setData("text/plain", text);
  };
  const onContextMenu = (event: MouseEvent) => {
    const card = (event.target as HTMLElement).closest<HTMLElement>("[data-stop]");
    if (card?.dataset.stop === undefined) return;
    event.preventDefault();
    act(card.dataset.stop, "menu", card);
  };
  const wire = useCallback(
    (place: Place, empty: boolean) => <PlaceButton place={place} empty={empty} insertAt={insertAt} />,
    [insertAt],
  );
  const onSelect = useCallback(
    (key: string) => select(store.getState().selected === key ? null : key),
    [select, store],
  );
  return (
    <section
      aria-label={t("canvas")}
      data-region="canvas"
      className="relative flex min-h-0 min-w-0 flex-1 flex-col"
      onCopy={onClipboard}
      onCut={onClipboard}
      onPaste={onClipboard}
      onContextMenu={onContextMenu}
    >
      <div className="flex h-10 shrink-0 items-center justify-between gap-2 px-3 touch:h-12">
        <IconButton label={t("find.label")} keys="Ctrl+F" onPress={() => setFinding(true)}>
          <Search size={16} />
        </IconButton>
        <span className="flex items-center gap-1">
          {!outline && <ZoomControls {...zoom} />}
          <IconButton label={outline ? t("as_map") : t("as_outline")} keys="O" onPress={() => onOutline(!outline)}>
            {outline ? <Waypoints size={16} /> : <ListTree size={16} />}
          </IconButton>
        </span>
      </div>
      {flow.mode === "sync" && goesOn(flow.nodes, endsFlow) && (
        <div className="px-3 pb-2">
          <Note>{t("no_response")}</Note>
        </div>
      )}
      <div ref={view} className="min-h-0 flex-1 overflow-auto [scrollbar-gutter:stable]">
        {outline ? (
          <Outline
            flow={flow}
            card={card}
            label={t("nodes:flow")}
            selected={selected}
            onSelect={(key) => store.getState().reveal(key, "")}
            onFocus={focus}
            onInsert={insertAt}
            onKey={onKey}
          />
        ) : (
          <div style={{ zoom: zoom.zoom }}>
            <LineMap
              flow={flow}
              card={card}
              selected={selected}
              onSelect={onSelect}
              focused={focused}
              onFocus={focus}
              wire={wire}
              onKey={onKey}
              collapsed={collapsed}
              onFold={fold}
              ends={endsFlow}
              label={t("nodes:flow")}
            />
          </div>
        )}
      </div>
      {finding && <FindNode onClose={() => setFinding(false)} />}
    </section>
  );
}

function stopOf(target: EventTarget): string | undefined {
  return target instanceof HTMLElement ? target.closest<HTMLElement>("[data-stop]")?.dataset.stop : undefined;
}

/** Whenever a card is called, it gets the focus. */
function useCalledFocus(view: RefObject<HTMLElement | null>) {
  const called = useEditor((editor) => editor.called);
  const store = useEditorStore();
  useEffect(() => {
    if (called === 0) return;
    const stop = view.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(store.getState().focused)}"]`);
    // In the outline the row around it is what can have the focus.
    const target = stop?.closest<HTMLElement>('button, [role="row"]');
    target?.focus();
    target?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [called, store, view]);
}

/** The "+" on a wire. In an empty branch it says so. */
function PlaceButton({ place, empty, insertAt }: { place: Place; empty: boolean; insertAt: Acts["insertAt"] }) {
  const { t } = useTranslation(["editor", "nodes"]);
  const { of, index } = place;
  const name = of
    ? t("add_in_branch", {
        branch: t(`nodes:branch.${of.branch as "true"}`, { defaultValue: of.branch }),
        n: index + 1,
      })
    : t("add_at", { n: index + 1 });
  const words = empty && of !== null;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={name}
      aria-haspopup="menu"
      data-place={of ? `${of.node}.${of.branch}.${index}` : String(index)}
      onClick={(event) => insertAt(place, event.currentTarget)}
      className={`relative z-1 flex h-6 items-center justify-center rounded-full border bg-surface text-ink-2 after:absolute after:-inset-2 hover:border-accent hover:text-accent ${
        words
          ? "border-dashed border-line-strong px-2 text-meta whitespace-nowrap"
          : "w-6 border-line text-card before:content-['+']"
      }`}
    >
      {words && t("add_first")}
    </button>
  );
}
