import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { type Flow, type FlowNode, find, type Place, sequenceAt } from "@/flow/document";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { NARROW } from "@/lib/media";
import { endsFlow, glyph, summary, triggerSummary } from "@/nodes/kinds";
import { useNodeTitle } from "@/nodes/names";
import { Note } from "@/ui/feedback";
import { LineMap, TRIGGER } from "@/ui/linemap/line-map";
import { isOver, type Ran } from "./use-execution";
import { statusOf, type Way } from "./way";

/** The flow as it ran: the way taken is solid, the rest dashed; when each node began hangs on the wire. */
export function FlowPane({
  execution,
  ran,
  way,
  selected,
  onSelect,
}: {
  execution: Schema["ExecutionView"];
  ran: Ran;
  way: Way;
  selected: string | null;
  onSelect: (stop: string) => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const { t: node_t } = useTranslation("nodes");
  const title = useNodeTitle();
  const root = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(selected ?? TRIGGER);
  const { flow, source } = ran;
  const over = isOver(execution.status);

  useFit(root, flow);

  // Where it failed has the focus when the page opens, and the stop stays when another execution is opened.
  const opened = useRef<string | null>(null);
  useEffect(() => {
    if (opened.current === execution.id || selected === null) return;
    opened.current = execution.id;
    setFocused(selected);
    const stop = root.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(selected)}"]`);
    stop?.scrollIntoView({ block: "nearest", inline: "center" });
    const elsewhere = document.activeElement;
    if (elsewhere === null || elsewhere === document.body || root.current?.contains(elsewhere)) {
      stop?.focus({ preventScroll: true });
    }
  }, [execution.id, selected]);

  const card = (node: FlowNode | null) => {
    const kind = node?.kind ?? flow.trigger.kind;
    const name = title(node);
    const line = node ? summary(node) : triggerSummary(flow);
    const run = node ? way.last.get(node.key) : undefined;
    const status = node ? statusOf(way, node, over) : ("succeeded" as const);
    const took = run?.finished_at ? duration(between(run.started_at, run.finished_at)) : undefined;
    return {
      glyph: glyph(kind),
      title: name,
      summary: line,
      status,
      took,
      disabled: node?.disabled,
      name: [name, line, status && t(`common:status.${status}`), took, node?.disabled && node_t("disabled")]
        .filter(Boolean)
        .join(", "),
    };
  };
  const tick = ({ of, index }: Place) => {
    const node = sequenceAt(flow, of)?.[index];
    const run = node && way.runs.get(node.key)?.[0];
    if (!run) return null;
    return (
      <span className="absolute top-1/2 left-2 -translate-y-1/2 text-meta whitespace-nowrap text-ink-3" aria-hidden>
        {duration(Math.max(0, between(execution.accepted_at, run.started_at)))}
      </span>
    );
  };
  const known = selected === TRIGGER || (selected !== null && find(flow, selected)) ? selected : null;
  return (
    <section aria-label={t("flow.label")} className="flex min-w-0 flex-col gap-2">
      {source === "draft" && <Note>{t("flow.draft")}</Note>}
      {source === "runs" && <Note>{execution.test ? t("flow.runs_of_test") : t("flow.runs")}</Note>}
      <div
        ref={root}
        className="max-h-[72vh] min-h-64 overflow-auto rounded-card border border-line bg-bg max-narrow:max-h-96"
      >
        <div data-fit>
          <LineMap
            flow={flow}
            card={card}
            selected={known}
            onSelect={onSelect}
            focused={find(flow, focused) ? focused : TRIGGER}
            onFocus={setFocused}
            wire={tick}
            taken={way.taken}
            ends={endsFlow}
            label={t("flow.label")}
          />
        </div>
      </div>
    </section>
  );
}

/** Smaller than this nothing can be read or hit. */
const SMALLEST = 0.75;

/** Draws the map as large as its branches fit beside each other; what still does not fit is scrolled to its middle. */
function useFit(root: RefObject<HTMLDivElement | null>, flow: Flow) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another flow is as wide as it is
  useLayoutEffect(() => {
    const box = root.current;
    const map = box?.querySelector<HTMLElement>("[data-fit]");
    if (!box || !map) return;
    let width = -1;
    const resize = () => {
      // Its height and its scroll bars follow from what is done here: answering them would never end.
      if (box.offsetWidth === width) return;
      width = box.offsetWidth;
      map.style.zoom = "1";
      const { clientWidth, scrollWidth } = box;
      // On a narrow screen fingers need the cards as they are.
      const fits = matchMedia(NARROW).matches ? 1 : Math.max(SMALLEST, Math.min(1, clientWidth / scrollWidth));
      map.style.zoom = String(fits);
      box.scrollLeft = (box.scrollWidth - clientWidth) / 2;
    };
    resize();
    const observer = new ResizeObserver(resize);
    observer.observe(box);
    return () => observer.disconnect();
  }, [root, flow]);
}
