// Nodes travel over the clipboard as the JSON that workflow files hold.

import { copies } from "@/flow/copies";
import type { FlowNode, Json, Place } from "@/flow/document";
import { every, KEY, keysOf, newKey } from "@/flow/keys";
import type { Command, Kinds } from "./edit";
import { DEPTH_MAX, put } from "./put";

/** Nodes of a flow (domain::flow::limits). */
const NODES_MAX = 1_000;

/** What a node is on the clipboard. */
export function clipping(node: FlowNode): string {
  return JSON.stringify(node, null, 2);
}

/** The nodes that a text holds: one, or a list of them. Undefined when it holds something else. */
export function readNodes(text: string): FlowNode[] | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const taken = new Set<string>();
  const nodes = (Array.isArray(value) ? value : [value]).map((each) => readNode(each, taken, 0));
  if (nodes.length === 0 || nodes.some((node) => node === undefined)) return undefined;
  const read = nodes as FlowNode[];
  return [...every(read)].length > NODES_MAX ? undefined : read;
}

/** Puts nodes from the clipboard at a place, with keys of their own where theirs are taken. */
export function paste(nodes: readonly FlowNode[], place: Place, kinds: Kinds): Command {
  return (flow) => put(flow, copies(nodes, keysOf(flow)), place, kinds);
}

/** Only what a node has is taken over; anything else in the text is nobody's business. */
function readNode(value: Json | undefined, taken: Set<string>, depth: number): FlowNode | undefined {
  if (depth > DEPTH_MAX || !isObject(value)) return undefined;
  const { key, kind, title, note, disabled, config = {}, branches } = value;
  if (typeof kind !== "string" || kind === "" || !isObject(config)) return undefined;
  const own = typeof key === "string" && KEY.test(key) && !taken.has(key) ? key : newKey(kind, taken);
  taken.add(own);
  const node: FlowNode = { key: own, kind, config };
  if (typeof title === "string") node.title = title;
  if (typeof note === "string") node.note = note;
  if (disabled === true) node.disabled = true;
  if (branches === undefined) return node;
  if (!isObject(branches)) return undefined;
  node.branches = {};
  for (const [name, inner] of Object.entries(branches)) {
    if (!Array.isArray(inner)) return undefined;
    const read = inner.map((each) => readNode(each, taken, depth + 1));
    if (read.some((each) => each === undefined)) return undefined;
    node.branches[name] = read as FlowNode[];
  }
  return node;
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
