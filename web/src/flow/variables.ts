// Which variables a field can use, as rows of a tree: what the request has, what earlier nodes gave, the system's own,
// secrets. Rows that an author declared bring names, types and examples; a real request brings what is really there.
//
// Not here: how they are shown and searched (features/workflows/editor/fields).

import {
  before,
  type DeclaredValue,
  type Flow,
  type FlowNode,
  find,
  type Json,
  type ValueType,
  walk,
} from "./document";
import { pathsIn, readPath, type Step, writePath } from "./template";

/** How many rows there are at most in one root, and how many elements of a list get rows. */
const ROWS_MAX = 1_000;
const ELEMENTS_MAX = 10;
const DEPTH_MAX = 12;

export interface KnownValue {
  /** What a template says to get it. */
  path: string;
  /** The last step of the path. */
  name: string;
  /** What the author calls it. */
  alias?: string;
  type?: ValueType;
  /** The value it has in the request that is looked at, or else the declared example. */
  example?: Json;
  children: KnownValue[];
}

/** A root of the tree. */
export interface VariableRoot extends KnownValue {
  kind: "headers" | "query" | "body" | "request" | "node" | "system" | "secrets";
  /** Whose result it is, and which one it is in the order of the flow, from 1. */
  node?: FlowNode;
  number?: number;
  /** The root itself has no value. */
  bare?: boolean;
}

/** What templates can read when the request that is looked at is worked on. */
export interface Seen {
  trigger: Record<string, unknown>;
  nodes: Record<string, unknown>;
}

const REQUEST: [string, ValueType][] = [
  ["method", "text"],
  ["raw_body", "text"],
  ["remote_addr", "text"],
  ["received_at", "text"],
];
const SYSTEM: [string, ValueType][] = [
  ["now", "text"],
  ["execution_id", "text"],
  ["workflow_key", "text"],
  ["revision", "number"],
];
const MEMBERS: Record<string, string[]> = {
  trigger: ["headers", "query", "body", ...REQUEST.map(([name]) => name)],
  system: SYSTEM.map(([name]) => name),
};

/** What the results of some kinds look like before one was seen. */
const RESULTS: Record<string, { type: ValueType; members?: [string, ValueType][] }> = {
  condition: { type: "boolean" },
  http_request: {
    type: "object",
    members: [
      ["status", "number"],
      ["headers", "object"],
      ["body", "object"],
    ],
  },
};

/**
 * The variables of a field of the node `of` (`""`: of the trigger, whose answer reads the request alone).
 * `secrets` are their names where the field takes them. `ends` tells nodes that have no result because nothing runs
 * after them.
 */
export function variablesAt(
  flow: Flow,
  of: string,
  { seen, secrets, ends }: { seen?: Seen; secrets?: string[]; ends: (node: FlowNode) => boolean },
): VariableRoot[] {
  const { trigger } = flow;
  const declaredHeaders = (trigger.headers ?? []).map(({ name, ...rest }) => ({
    ...rest,
    steps: [name.toLowerCase()],
    type: "text" as const,
  }));
  const roots: VariableRoot[] = [
    { kind: "body", ...tree(["trigger", "body"], parsed(trigger.body), seen?.trigger.body as Json) },
    { kind: "query", ...tree(["trigger", "query"], parsed(trigger.query), seen?.trigger.query as Json) },
    { kind: "headers", ...tree(["trigger", "headers"], declaredHeaders, seen?.trigger.headers as Json) },
    {
      kind: "request",
      ...leaf(["trigger"], "object"),
      bare: true,
      // The raw body is the body once more, and as long.
      children: REQUEST.map(([name, type]) =>
        leaf(["trigger", name], type, name === "raw_body" ? undefined : (seen?.trigger[name] as Json)),
      ),
    },
  ];
  if (of !== "") {
    const numbers = new Map([...walk(flow)].map(({ node }, index) => [node.key, index + 1]));
    for (const node of before(flow, of)) {
      if (node.disabled || ends(node)) continue;
      const shape = RESULTS[node.kind];
      const members = (shape?.members ?? []).map(([name, type]) => ({ steps: [name], type }));
      const result = tree(["nodes", node.key], members, seen?.nodes[node.key] as Json | undefined);
      roots.push({ kind: "node", node, number: numbers.get(node.key), ...result, type: result.type ?? shape?.type });
    }
  }
  roots.push({
    kind: "system",
    ...leaf(["system"], "object"),
    bare: true,
    children: SYSTEM.map(([name, type]) => leaf(["system", name], type)),
  });
  if (secrets) {
    const children = secrets.map((name) => leaf(["secrets", name], "text"));
    roots.push({ kind: "secrets", ...leaf(["secrets"], "object"), bare: true, children });
  }
  return roots;
}

interface Declared {
  steps: Step[];
  alias?: string;
  type?: ValueType;
  example?: Json;
}

function parsed(declared: DeclaredValue[] = []): Declared[] {
  return declared.flatMap(({ path, ...rest }) => {
    // A path of the tables has no root of its own, and may begin with an index.
    const steps = readPath(path.startsWith("[") ? `x${path}` : `x.${path}`);
    return steps ? [{ ...rest, steps: steps.slice(1) }] : [];
  });
}

function leaf(steps: Step[], type?: ValueType, example?: Json): KnownValue {
  const value = example ?? undefined;
  return { path: writePath(steps), name: String(steps.at(-1)), type, example: value, children: [] };
}

/** What is declared and what is there, in one tree; real values and their types win. */
function tree(at: Step[], declared: Declared[], value: Json | undefined): KnownValue {
  let room = ROWS_MAX;
  const seenHere = (steps: Step[], value: Json, depth: number): KnownValue => {
    const row: KnownValue = { ...leaf(steps, typeOf(value)), example: value };
    if (depth === 0) return row;
    const members: [Step, Json][] = Array.isArray(value)
      ? value.slice(0, ELEMENTS_MAX).map((each, index) => [index, each])
      : typeof value === "object" && value !== null
        ? Object.entries(value)
        : [];
    for (const [step, each] of members) {
      if (room-- <= 0) break;
      row.children.push(seenHere([...steps, step], each, depth - 1));
    }
    return row;
  };
  const root = value === undefined || value === null ? leaf(at) : seenHere(at, value, DEPTH_MAX);
  for (const { steps, alias, type, example } of declared) {
    let row = root;
    for (const [index, step] of steps.entries()) {
      const path = writePath([...at, ...steps.slice(0, index + 1)]);
      let child: KnownValue | undefined = row.children.find((each) => each.path === path);
      if (!child) {
        if (room-- <= 0) break;
        child = leaf([...at, ...steps.slice(0, index + 1)]);
        row.type ??= typeof step === "number" ? "list" : "object";
        row.children.push(child);
      }
      row = child;
    }
    if (row === root && steps.length > 0) continue;
    row.alias ??= alias || undefined;
    row.type ??= type;
    if (row.example === undefined && example !== null) row.example = example;
  }
  return root;
}

export function typeOf(value: Json): ValueType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return typeof value as "object" | "number" | "boolean";
}

/** Every row below the roots, the roots that have a value included, in the order of the tree. */
export function* rows(roots: VariableRoot[]): Generator<KnownValue> {
  for (const root of roots) {
    if (!root.bare) yield root;
    yield* below(root);
  }
}

function* below(row: KnownValue): Generator<KnownValue> {
  for (const child of row.children) {
    yield child;
    yield* below(child);
  }
}

/** Whether all words are in a row's alias, path or value. */
function fits(row: KnownValue, words: string[], more = ""): boolean {
  const value = typeof row.example === "object" ? "" : String(row.example ?? "");
  const all = `${row.alias ?? ""} ${row.path} ${value} ${more}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * The roots with only those rows that have all words in their alias, path or value, and the rows above them: the
 * first `most` of them.
 */
export function search(roots: VariableRoot[], text: string, most = Number.POSITIVE_INFINITY): VariableRoot[] {
  const words = wordsOf(text);
  if (words.length === 0) return roots;
  let room = most;
  const kept = <Row extends KnownValue>(row: Row, more = ""): Row[] => {
    const children = row.children.flatMap((child) => kept(child));
    if (children.length === 0 && (room <= 0 || !fits(row, words, more))) return [];
    room--;
    return [{ ...row, children }];
  };
  return roots.flatMap((root) => kept(root, root.node?.title).filter((row) => !row.bare || row.children.length > 0));
}

/** The rows that have all words themselves, those first whose name begins with them. */
export function matches(roots: VariableRoot[], text: string): KnownValue[] {
  const words = wordsOf(text);
  const found = roots.flatMap((root) => [...rows([root])].filter((row) => fits(row, words, root.node?.title)));
  const begins = (row: KnownValue) => `${row.alias ?? row.name}`.toLowerCase().startsWith(words[0] ?? "");
  return words.length === 0 ? found : [...found.filter(begins), ...found.filter((row) => !begins(row))];
}

/** What a path comes to. A key below a list maps over it, as the server does. */
export function valueAt(seen: Seen, steps: Step[]): Json | undefined {
  const [root, ...rest] = steps;
  if (root !== "trigger" && root !== "nodes") return undefined;
  return down(seen[root] as Json, rest);
}

function down(value: Json | undefined, steps: Step[]): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined || value === undefined) return value;
  if (Array.isArray(value)) {
    if (typeof step === "number") return down(value[step], rest);
    return value.flatMap((each) => {
      const found = down(each, steps);
      return found === undefined ? [] : Array.isArray(found) ? found : [found];
    });
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, String(step))) return undefined;
  return down(value[String(step)], rest);
}

/** Why an expression cannot be used in a field: a key below `fields:broken`. */
export type Broken = "unknown_root" | "unknown_member" | "no_node" | "later_node" | "no_secrets" | "unknown_secret";

/**
 * What of an expression leads nowhere whatever comes in; nothing when it can be used. Fields of the request can
 * always be used: they may be missing, which is another matter. `secrets` as in {@link variablesAt}; `"any"` while
 * their names are not known.
 */
export function brokenIn(flow: Flow, of: string, source: string, secrets?: string[] | "any"): Broken | undefined {
  for (const steps of pathsIn(source)) {
    const broken = brokenPath(flow, of, steps, secrets);
    if (broken) return broken;
  }
  return undefined;
}

function brokenPath(flow: Flow, of: string, steps: Step[], secrets?: string[] | "any"): Broken | undefined {
  const [root, member] = steps;
  switch (root) {
    case "trigger":
    case "system":
      return member === undefined || MEMBERS[root]?.includes(String(member)) ? undefined : "unknown_member";
    case "nodes": {
      if (member === undefined) return undefined;
      if (!find(flow, String(member))) return "no_node";
      return before(flow, of).some((node) => node.key === member) ? undefined : "later_node";
    }
    case "secrets":
      if (!secrets) return "no_secrets";
      return secrets === "any" || secrets.includes(String(member)) ? undefined : "unknown_secret";
    case "true":
    case "false":
    case "null":
      return undefined;
    default:
      return "unknown_root";
  }
}
