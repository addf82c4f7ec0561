// The flow as a tree: for small windows, and for whoever would rather read a list.

import { ChevronRight, Plus } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { Flow, FlowNode, Place } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import type { CardView } from "@/ui/linemap/card";
import { StatusShape } from "@/ui/status";

/** A row: the trigger, a node, or a branch of one. */
interface Row {
  /** The stop; for a branch a name that no node can have. */
  id: string;
  node?: FlowNode;
  branch?: string;
  /** Where its "+" puts a node. */
  place: Place;
  inside: Row[];
}

export const TRIGGER_ROW = "the trigger";

function rowsOf(nodes: FlowNode[], of: Place["of"]): Row[] {
  return nodes.map((node, index) => ({
    id: node.key,
    node,
    place: { of, index: index + 1 },
    inside: Object.entries(node.branches ?? {}).map(([branch, inner]) => ({
      id: `${node.key} ${branch}`,
      branch,
      place: { of: { node: node.key, branch }, index: 0 },
      inside: rowsOf(inner, { node: node.key, branch }),
    })),
  }));
}

export function Outline({
  flow,
  card,
  label,
  selected,
  onSelect,
  onFocus,
  onInsert,
  onKey,
}: {
  flow: Flow;
  card: (node: FlowNode | null) => CardView;
  label: string;
  selected: string | null;
  onSelect: (key: string) => void;
  onFocus: (key: string) => void;
  onInsert: (place: Place, anchor: HTMLElement) => void;
  /** Keys of a row that stands for a node. */
  onKey: (key: string, event: KeyboardEvent) => void;
}) {
  const { t } = useTranslation(["editor", "nodes"]);
  const rows = useMemo(
    (): Row[] => [{ id: TRIGGER_ROW, place: { of: null, index: 0 }, inside: [] }, ...rowsOf(flow.nodes, null)],
    [flow],
  );
  // A tree keeps its rows as they were made: what they show is passed along.
  const showing = useMemo(() => ({ card, selected }), [card, selected]);
  const all = (rows: Row[]): string[] => rows.flatMap((row) => (row.inside.length ? [row.id, ...all(row.inside)] : []));
  const row = (row: Row): ReactNode => {
    const view = row.branch === undefined ? card(row.node ?? null) : undefined;
    const name =
      row.branch === undefined ? "" : t(`nodes:branch.${row.branch as "true"}`, { defaultValue: row.branch });
    const stop = row.branch === undefined ? (row.node?.key ?? "") : undefined;
    return (
      <TreeItem
        id={row.id}
        textValue={view?.name ?? t("nodes:branch_of", { branch: name })}
        onAction={stop === undefined ? undefined : () => onSelect(stop)}
        className={`group rounded-control outline-offset-[-2px] data-[hovered]:bg-hover ${stop !== undefined && selected === stop ? "bg-accent-soft" : ""}`}
      >
        <TreeItemContent>
          <div
            data-stop={stop}
            className="flex min-h-11 items-center gap-2 pr-1 pl-[calc((var(--tree-item-level)-1)*20px+4px)]"
          >
            <AriaButton
              slot="chevron"
              className={`flex size-6 shrink-0 items-center justify-center rounded-control text-ink-3 ${row.inside.length > 0 ? "" : "invisible"}`}
            >
              <ChevronRight
                size={16}
                aria-hidden
                className="transition-transform duration-100 group-data-[expanded]:rotate-90"
              />
            </AriaButton>
            {view ? (
              <>
                <span className="flex size-8 shrink-0 items-center justify-center rounded-control bg-sunken text-ink-2">
                  {view.glyph}
                </span>
                <span className={`flex min-w-0 flex-1 flex-col ${view.disabled ? "opacity-60" : ""}`}>
                  <span className="truncate text-control font-medium">{view.title}</span>
                  <span className="truncate font-mono text-meta text-ink-3">
                    {view.disabled ? t("nodes:disabled") : view.summary}
                  </span>
                </span>
                {view.took && <span className="meta">{view.took}</span>}
                {view.status && <StatusShape status={view.status} />}
                {view.problems ? (
                  <span className="rounded-full bg-failed px-1.5 text-meta font-medium text-surface">
                    {view.problems}
                  </span>
                ) : null}
              </>
            ) : (
              <span className="min-w-0 flex-1 text-meta text-ink-2">{t("nodes:branch_of", { branch: name })}</span>
            )}
            <IconButton
              label={
                row.branch === undefined ? t("add_after", { title: view?.title }) : t("add_into", { branch: name })
              }
              onPress={(event) => onInsert(row.place, event.target as HTMLElement)}
            >
              <Plus size={16} />
            </IconButton>
          </div>
        </TreeItemContent>
        <Collection items={row.inside} dependencies={[showing]}>
          {row_}
        </Collection>
      </TreeItem>
    );
  };
  const row_ = row;
  const onKeyDownCapture = (event: KeyboardEvent<HTMLElement>) => {
    const at = event.target as HTMLElement;
    if (at.getAttribute("role") !== "row") return;
    const stop = at.querySelector<HTMLElement>("[data-stop]")?.dataset.stop;
    if (stop !== undefined) onKey(stop, event);
    // What is a key of the editor is no letter of a name to look for.
    if (event.defaultPrevented) event.stopPropagation();
  };
  return (
    <div
      onKeyDownCapture={onKeyDownCapture}
      onFocusCapture={(event) => {
        const stop = (event.target as HTMLElement).querySelector?.<HTMLElement>("[data-stop]")?.dataset.stop;
        if (stop !== undefined) onFocus(stop);
      }}
    >
      <Tree
        aria-label={label}
        items={rows}
        dependencies={[showing]}
        defaultExpandedKeys={all(rows)}
        className="flex flex-col gap-0.5 p-3 outline-none"
      >
        {row_}
      </Tree>
    </div>
  );
}
