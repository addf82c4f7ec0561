// Puts nodes at a place: what insert, paste, duplicate and wrap have in common.

import { type Flow, type FlowNode, type Place, placeOf, sequenceAt } from "@/flow/document";
import { endsHere } from "@/flow/ends";
import { every } from "@/flow/keys";
import type { Kinds, Refusal } from "./edit";

/** Branches inside each other (domain::flow::limits). */
export const DEPTH_MAX = 32;

/** Puts the nodes before what stands at the place now, or says why they can't be there. */
export function put(flow: Flow, nodes: FlowNode[], place: Place, kinds: Kinds): Refusal | undefined {
  const sequence = sequenceAt(flow, place.of);
  if (!sequence || place.index < 0 || place.index > sequence.length) return "no_place";
  const wrong = misplaced(flow, nodes, place, kinds);
  if (wrong) return wrong;
  sequence.splice(place.index, 0, ...nodes);
  return undefined;
}

/** Why nodes can't stand at a place; undefined when they can. */
export function misplaced(flow: Flow, nodes: readonly FlowNode[], place: Place, kinds: Kinds): Refusal | undefined {
  const sequence = sequenceAt(flow, place.of) ?? [];
  const ends = (node: FlowNode | undefined) =>
    node !== undefined && endsHere(node, ({ kind }) => kinds.get(kind)?.ends ?? false);
  if (flow.mode === "async" && [...every(nodes)].some((node) => kinds.get(node.kind)?.mode === "sync")) {
    return "sync_only";
  }
  if (ends(sequence[place.index - 1])) return "ends_flow";
  if (nodes.some((node, index) => ends(node) && index < nodes.length - 1)) return "ends_before";
  if (ends(nodes.at(-1)) && place.index < sequence.length) return "ends_before";
  if (depthOf(flow, place) + depth(nodes) > DEPTH_MAX) return "too_deep";
  return undefined;
}

function depth(nodes: readonly FlowNode[]): number {
  return Math.max(0, ...nodes.flatMap((node) => Object.values(node.branches ?? {}).map((inner) => 1 + depth(inner))));
}

function depthOf(flow: Flow, place: Place): number {
  let count = 0;
  for (let at: Place | undefined = place; at && at.of !== null; at = placeOf(flow, at.of.node)) count++;
  return count;
}
