import { current } from "mutative";
import { type Flow, type FlowNode, find, type Place, placeOf, sequenceAt } from "@/flow/document";
import { every } from "@/flow/keys";
import type { Command } from "./edit";

export type Direction = "up" | "down" | "in" | "out";

/**
 * Moves a node by one. Up and down: past its neighbour, at the end of a branch out of it. In: into the branch beside
 * its own, or else into a branching node above or below it. Out: back the same way.
 */
export function move(key: string, direction: Direction): Command {
  return (flow) => {
    const target = targetOf(flow, key, direction);
    return target ? moveTo(key, target)(flow) : "no_place";
  };
}

/** Moves a node to a place, as the flow is before the move. */
export function moveTo(key: string, to: Place): Command {
  return (flow) => {
    const node = find(flow, key);
    const from = placeOf(flow, key);
    const source = from && sequenceAt(flow, from.of);
    const target = sequenceAt(flow, to.of);
    if (!node || !source) return "not_found";
    // Not into itself.
    if (!target || (to.of && [...every([node])].some(({ key }) => key === to.of?.node))) return "no_place";
    const same = source === target;
    if (same && (to.index === from.index || to.index === from.index + 1)) return "no_place";
    const moved = current(node as object) as FlowNode;
    source.splice(from.index, 1);
    target.splice(same && to.index > from.index ? to.index - 1 : to.index, 0, moved);
    return undefined;
  };
}

/** Where a move in a direction leads; undefined where it leads nowhere. */
export function targetOf(flow: Flow, key: string, direction: Direction): Place | undefined {
  const place = placeOf(flow, key);
  const sequence = place && sequenceAt(flow, place.of);
  if (!sequence) return undefined;
  const { of, index } = place;
  switch (direction) {
    case "up":
      return index > 0 ? { of, index: index - 1 } : around(flow, place, 0);
    case "down":
      return index < sequence.length - 1 ? { of, index: index + 2 } : around(flow, place, 1);
    case "in":
      return beside(flow, place, 1) ?? inside(sequence[index - 1], "last") ?? inside(sequence[index + 1], "first");
    case "out":
      return beside(flow, place, -1) ?? around(flow, place, 1);
  }
}

/** Beside the node whose branch the place is in. */
function around(flow: Flow, { of }: Place, after: 0 | 1): Place | undefined {
  const outer = of && placeOf(flow, of.node);
  return outer ? { of: outer.of, index: outer.index + after } : undefined;
}

/** In the next branch of the same node, as far down. */
function beside(flow: Flow, { of, index }: Place, step: 1 | -1): Place | undefined {
  const branches = of ? (find(flow, of.node)?.branches ?? {}) : {};
  const names = Object.keys(branches);
  const name = of ? names[names.indexOf(of.branch) + step] : undefined;
  if (!of || name === undefined) return undefined;
  return { of: { node: of.node, branch: name }, index: Math.min(index, branches[name]?.length ?? 0) };
}

function inside(node: FlowNode | undefined, where: "first" | "last"): Place | undefined {
  const [name] = Object.keys(node?.branches ?? {});
  if (!node || name === undefined) return undefined;
  return { of: { node: node.key, branch: name }, index: where === "first" ? 0 : (node.branches?.[name]?.length ?? 0) };
}
