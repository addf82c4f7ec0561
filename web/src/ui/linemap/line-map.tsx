// The flow as a line with stops: a sequence is a column, branches are a row, all laid out by CSS.
// Nested ordered lists, so that the order of the document is the order of reading. Nothing is measured.
//
// Not here: what a card says (the caller gives it), what can be done with it (the editor's canvas).

import { Fragment, type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useMemo, useRef } from "react";
import type { Flow, FlowNode, Place } from "@/flow/document";
import { endsHere } from "@/flow/ends";
import { every } from "@/flow/keys";
import { useTranslation } from "@/lib/i18n";
import { Card, type CardView } from "./card";
import { type Direction, neighbor } from "./moves";

/** The trigger's name among the stops: no node can be called so. */
export const TRIGGER = "";

export interface LineMapProps {
  flow: Flow;
  /** What the card of a node says; null: of the trigger. */
  card: (node: FlowNode | null) => CardView;
  /** Whose drawer is open, or what is looked at. */
  selected: string | null;
  onSelect: (key: string) => void;
  /** Which card Tab comes to; the others are reached by arrow keys. */
  focused: string;
  onFocus: (key: string) => void;
  /** What stands on the wire at a place: the editor's "+". */
  wire?: (place: Place, empty: boolean) => ReactNode;
  /** Keys that the map itself has no use for. */
  onKey?: (key: string, event: KeyboardEvent) => void;
  /** Whether a wire was gone along: into a node, or (`null`) out of the end of a sequence. Without it all wires are alike. */
  taken?: (of: Place["of"], node: FlowNode | null) => boolean;
  /** Branching nodes that show how much is in them instead of what. */
  collapsed?: ReadonlySet<string>;
  onFold?: (key: string) => void;
  /** Kinds after which a sequence does not go on. */
  ends: (node: FlowNode) => boolean;
  label: string;
}

export function LineMap(props: LineMapProps) {
  const { flow, label, onKey, onFocus, focused, collapsed } = props;
  const root = useRef<HTMLDivElement>(null);
  const go = (to: string | undefined) => {
    if (to === undefined) return;
    onFocus(to);
    root.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(to)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const stop = (event.target as HTMLElement).dataset.stop;
    if (stop === undefined) return;
    const direction = DIRECTIONS[event.key];
    if (direction && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      go(neighbor(collapsed?.size ? { ...flow, nodes: shown(flow.nodes, collapsed) } : flow, stop, direction));
      return;
    }
    onKey?.(stop, event);
  };
  useRovingTab(root, focused);
  // Moving the focus draws nothing anew: there may be hundreds of stops.
  const { card, selected, onSelect, wire, taken, ends, onFold } = props;
  const stops = useMemo(() => {
    const shown = { flow, card, selected, onSelect, onFocus, wire, taken, ends, collapsed, onFold };
    return (
      <ol aria-label={label} className="flex flex-col items-center">
        <li className="flex flex-col items-center">
          <Card {...stop(shown, null)} />
        </li>
        <Stops {...shown} nodes={flow.nodes} of={null} />
      </ol>
    );
  }, [flow, card, selected, onSelect, onFocus, wire, taken, ends, collapsed, onFold, label]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the cards inside
    <div
      ref={root}
      onKeyDown={onKeyDown}
      className="flex w-max min-w-full flex-col items-center px-8 py-6 text-line-strong"
      data-focused-stop={focused}
    >
      {stops}
    </div>
  );
}

/** What is inside of folded nodes is no stop. */
function shown(nodes: FlowNode[], collapsed: ReadonlySet<string>): FlowNode[] {
  return nodes.map((node) => {
    if (!node.branches) return node;
    if (collapsed.has(node.key)) return { ...node, branches: {} };
    const branches = Object.entries(node.branches).map(([name, inner]) => [name, shown(inner, collapsed)]);
    return { ...node, branches: Object.fromEntries(branches) };
  });
}

/** A stop without branches is as large as every other one, so the browser need not draw it to know its place. */
const LEAF = "-mx-3 -mb-1.5 px-3 pb-1.5 [content-visibility:auto] [contain-intrinsic-size:288px_104px]";

/** Tab comes to the focused card, or to the first one when that is not on the map. */
function useRovingTab(root: RefObject<HTMLElement | null>, focused: string) {
  useLayoutEffect(() => {
    const at = (stop: string) => root.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(stop)}"]`);
    const way = at(focused) ?? at(TRIGGER);
    way?.setAttribute("tabindex", "0");
    return () => way?.setAttribute("tabindex", "-1");
  });
}

/** What the stops show, without what only the map itself needs. */
type Shown = Omit<LineMapProps, "focused" | "label" | "onKey">;

const DIRECTIONS: Record<string, Direction> = {
  ArrowDown: "next",
  ArrowUp: "previous",
  ArrowRight: "right",
  ArrowLeft: "left",
  Home: "first",
  End: "last",
};

function stop(props: Shown, node: FlowNode | null) {
  const key = node?.key ?? TRIGGER;
  return {
    view: props.card(node),
    stop: key,
    isSelected: props.selected === key,
    onSelect: props.onSelect,
    onFocus: props.onFocus,
  };
}

/** The nodes of a sequence, each below its wire; at the end the wire that leads out, unless nothing goes on. */
function Stops({ nodes, of, ...props }: Shown & { nodes: FlowNode[]; of: Place["of"] }) {
  const last = nodes.at(-1);
  const goesOn = !(last && endsHere(last, props.ends));
  return (
    <>
      {nodes.map((node, index) => (
        <li key={node.key} className={`flex flex-col items-center ${node.branches ? "" : LEAF}`} data-node={node.key}>
          <Wire taken={props.taken?.(of, node)}>{props.wire?.({ of, index }, false)}</Wire>
          <Card {...stop(props, node)} />
          {props.ends(node) && !node.disabled && <StopBar />}
          {node.branches &&
            (props.collapsed?.has(node.key) ? (
              <Folded node={node} onFold={props.onFold} />
            ) : (
              <Branches {...props} node={node} />
            ))}
        </li>
      ))}
      {goesOn && (props.wire || of !== null) && (
        <li className="flex flex-1 flex-col items-center">
          <Wire grows taken={props.taken?.(of, null)}>
            {props.wire?.({ of, index: nodes.length }, nodes.length === 0)}
          </Wire>
        </li>
      )}
      {of === null && goesOn && <EndOfFlow />}
    </>
  );
}

function Branches({ node, ...props }: Shown & { node: FlowNode }) {
  const { t } = useTranslation("nodes");
  const branches = Object.entries(node.branches ?? {});
  const rejoin = branches.map(([, inner]) => {
    const last = inner.at(-1);
    return !(last && endsHere(last, props.ends));
  });
  const all = branches.length;
  const centers = rejoin.flatMap((joins, index) => (joins ? [index + 0.5] : []));
  // Where the rejoining line runs, in columns; to the middle of the row in any case.
  const low = Math.min(all / 2, ...centers);
  const high = Math.max(all / 2, ...centers);
  // Equal columns make the middle of the row a known place; with all rejoining it lies between them anyway.
  const equal = centers.length < all;
  return (
    <>
      <Wire short taken={props.taken && branches.some(([name]) => entered(props, node, name))} />
      <ol className={`grid grid-flow-col items-stretch ${equal ? "auto-cols-fr" : "auto-cols-auto"}`}>
        {branches.map(([name, inner], index) => {
          const of = { node: node.key, branch: name };
          const taken = props.taken && entered(props, node, name);
          return (
            <li key={name} data-branch={`${node.key}.${name}`} className="relative flex flex-col items-center px-6">
              <Bar from={index === 0 ? 0.5 : 0} to={index === all - 1 ? 0.5 : 1} side="top" taken={taken} />
              <span
                className={`z-1 mt-4 -mb-1 rounded-full border bg-bg px-2 text-meta ${taken === true ? "border-current text-accent" : "border-line text-ink-2"}`}
              >
                {t(`branch.${name}`, { defaultValue: name })}
              </span>
              <Wire behind taken={taken} />
              <ol
                aria-label={t("branch_of", { branch: t(`branch.${name}`, { defaultValue: name }) })}
                className="flex flex-1 flex-col items-center"
              >
                <Stops {...props} nodes={inner} of={of} />
              </ol>
              {centers.length > 0 && (
                <Bar
                  from={Math.max(0, low - index)}
                  to={Math.min(1, high - index)}
                  side="bottom"
                  joins={rejoin[index]}
                  taken={props.taken && rejoin[index] && props.taken(of, null)}
                />
              )}
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** In the place of branches that are folded away. */
function Folded({ node, onFold }: { node: FlowNode; onFold?: (key: string) => void }) {
  const { t } = useTranslation("nodes");
  const count = [...every(Object.values(node.branches ?? {}).flat())].length;
  return (
    <span className="flex flex-col items-center">
      <Wire short />
      <button
        type="button"
        tabIndex={-1}
        onClick={() => onFold?.(node.key)}
        className="h-8 rounded-full border border-dashed border-line-strong bg-surface px-3 text-meta text-ink-2 hover:text-ink touch:h-11"
      >
        {t("folded", { count })}
      </button>
    </span>
  );
}

function entered(props: Shown, node: FlowNode, branch: string): boolean {
  const first = node.branches?.[branch]?.[0] ?? null;
  return props.taken?.({ node: node.key, branch }, first) ?? false;
}

const solid = (taken: boolean | undefined) =>
  taken === undefined ? "border-line-strong" : taken ? "border-accent" : "border-line-strong border-dashed opacity-60";

/** A piece of the vertical line; what stands on it is in its middle. */
function Wire({
  children,
  taken,
  short,
  grows,
  behind,
}: {
  children?: ReactNode;
  taken?: boolean;
  short?: boolean;
  grows?: boolean;
  behind?: boolean;
}) {
  return (
    <span
      data-taken={taken}
      className={`relative flex w-6 items-center justify-center before:absolute before:inset-y-0 before:left-1/2 before:-ml-px before:border-l-2 ${wireLook(taken)} ${grows ? "min-h-10 flex-1" : short ? "h-4" : behind ? "absolute top-0 h-6" : children ? "h-10" : "h-8"}`}
    >
      {children}
    </span>
  );
}

const wireLook = (taken: boolean | undefined) =>
  taken === undefined
    ? "before:border-line-strong"
    : taken
      ? "before:border-accent"
      : "before:border-line-strong before:border-dashed before:opacity-60";

/** The horizontal line over or under one branch; 0 is its left edge, 1 its right one, 0.5 where its own line is. */
function Bar({
  from,
  to,
  side,
  taken,
  joins = true,
}: {
  from: number;
  to: number;
  side: "top" | "bottom";
  taken?: boolean;
  joins?: boolean;
}) {
  if (to < 0 || from > 1 || to <= from) return null;
  const edge = side === "top" ? "top-0 border-t-2" : "bottom-0 border-b-2";
  // Where the line ends over the branch's own one, it turns into it.
  const pieces = from < 0.5 && to > 0.5 ? [[from, 0.5] as const, [0.5, to] as const] : [[from, to] as const];
  return pieces.map(([left, right]) => {
    const turns = joins && (from >= 0.5 || to <= 0.5);
    const elbow = !turns
      ? ""
      : left === 0.5
        ? side === "top"
          ? "border-l-2 rounded-tl-[8px]"
          : "border-l-2 rounded-bl-[8px]"
        : right === 0.5
          ? side === "top"
            ? "border-r-2 rounded-tr-[8px]"
            : "border-r-2 rounded-br-[8px]"
          : "";
    return (
      <Fragment key={left}>
        <span
          aria-hidden
          className={`absolute h-4 ${edge} ${elbow} ${solid(taken)}`}
          style={{
            left: `calc(${left * 100}% - ${left === 0.5 ? 1 : 0}px)`,
            right: `calc(${(1 - right) * 100}% - ${right === 0.5 ? 1 : 0}px)`,
          }}
        />
      </Fragment>
    );
  });
}

function StopBar() {
  return (
    <span aria-hidden className="flex flex-col items-center">
      <span className="h-3 border-l-2 border-current" />
      <span className="h-1 w-5 rounded-full bg-current" />
    </span>
  );
}

function EndOfFlow() {
  const { t } = useTranslation("nodes");
  return (
    <li className="flex flex-col items-center">
      <span className="h-4 border-l-2 border-current" aria-hidden />
      <span className="rounded-full border border-line bg-bg px-2 text-meta text-ink-3">{t("end_of_flow")}</span>
    </li>
  );
}
