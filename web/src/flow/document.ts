// The document an author edits, as the API gives and takes it: one trigger and a tree of nodes.
// Not here: how it is changed (features/workflows/editor/commands), how it looks (ui/linemap).

export type Mode = "sync" | "async";
export type ValueType = "text" | "number" | "boolean" | "list" | "object" | "null";

/** Any JSON value; inside texts, templates. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface DeclaredHeader {
  name: string;
  alias?: string;
  example?: Json;
}

export interface DeclaredValue {
  path: string;
  alias?: string;
  type?: ValueType;
  example?: Json;
}

/** A header of an answer; both may be empty while an author types. */
export interface Pair {
  name: string;
  value: string;
}

export interface AnswerConfig {
  status?: number;
  headers?: Pair[];
  body?: Json;
}

export interface Trigger {
  kind: string;
  headers?: DeclaredHeader[];
  query?: DeclaredValue[];
  body?: DeclaredValue[];
  answer?: AnswerConfig;
}

export interface FlowNode {
  key: string;
  kind: string;
  title?: string;
  note?: string;
  disabled?: boolean;
  config: { [name: string]: Json };
  branches?: { [name: string]: FlowNode[] };
}

export interface Flow {
  mode: Mode;
  timeout_ms?: number;
  answer_deadline_ms?: number;
  trigger: Trigger;
  nodes: FlowNode[];
}

/** A sequence of nodes: the flow's own, or a branch of a node. */
export interface Sequence {
  /** Whose branch; null: the flow's own. */
  of: { node: string; branch: string } | null;
  nodes: FlowNode[];
}

/** Where a node stands, or where one can be put: before the node that is at `index` now. */
export interface Place {
  of: Sequence["of"];
  index: number;
}

/** Every node with its place, in the order in which they are read. */
export function* walk(flow: Flow): Generator<{ node: FlowNode; place: Place; depth: number }> {
  yield* walkSequence(flow.nodes, null, 0);
}

function* walkSequence(
  nodes: FlowNode[],
  of: Sequence["of"],
  depth: number,
): Generator<{ node: FlowNode; place: Place; depth: number }> {
  for (const [index, node] of nodes.entries()) {
    yield { node, place: { of, index }, depth };
    for (const [branch, inner] of Object.entries(node.branches ?? {})) {
      yield* walkSequence(inner, { node: node.key, branch }, depth + 1);
    }
  }
}

export function find(flow: Flow, key: string): FlowNode | undefined {
  for (const { node } of walk(flow)) if (node.key === key) return node;
  return undefined;
}

export function placeOf(flow: Flow, key: string): Place | undefined {
  for (const { node, place } of walk(flow)) if (node.key === key) return place;
  return undefined;
}

/** The sequence that a place is in; undefined when its node is gone. */
export function sequenceAt(flow: Flow, of: Sequence["of"]): FlowNode[] | undefined {
  return of === null ? flow.nodes : find(flow, of.node)?.branches?.[of.branch];
}

/** The JSON pointer of a node in the document, as problems name it. */
export function pointerOf(flow: Flow, key: string): string | undefined {
  const place = placeOf(flow, key);
  if (!place) return undefined;
  if (place.of === null) return `/nodes/${place.index}`;
  return `${pointerOf(flow, place.of.node)}/branches/${place.of.branch}/${place.index}`;
}

/** The nodes that have run when `key` begins, in the order of the flow: what its variables can come from. */
export function before(flow: Flow, key: string): FlowNode[] {
  const found = beforeIn(flow.nodes, key);
  return found ?? [];
}

function beforeIn(nodes: FlowNode[], key: string): FlowNode[] | undefined {
  const passed: FlowNode[] = [];
  for (const node of nodes) {
    if (node.key === key) return passed;
    for (const inner of Object.values(node.branches ?? {})) {
      const found = beforeIn(inner, key);
      if (found) return [...passed, node, ...found];
    }
    passed.push(node, ...allIn(node));
  }
  return undefined;
}

/** Whatever branch was taken, some of these may have run; a missing one yields null. */
function allIn(node: FlowNode): FlowNode[] {
  return Object.values(node.branches ?? {}).flatMap((inner) => inner.flatMap((each) => [each, ...allIn(each)]));
}
