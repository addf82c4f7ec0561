import { current } from "mutative";
import { type FlowNode, find, placeOf, sequenceAt } from "@/flow/document";
import { keysOf } from "@/flow/keys";
import type { Command, Kinds } from "./edit";
import { fresh } from "./insert";
import { misplaced } from "./put";

/** Puts a new condition where a node stands, and the node into its first branch. */
export function wrap(key: string, kinds: Kinds): Command {
  return (flow) => {
    const node = find(flow, key);
    const place = placeOf(flow, key);
    const sequence = place && sequenceAt(flow, place.of);
    const kind = kinds.get("condition");
    const [branch] = kind?.branches ?? [];
    if (!node || !sequence || !kind || branch === undefined) return "not_found";
    const condition = fresh(kind, keysOf(flow));
    condition.branches = { ...condition.branches, [branch]: [current(node as object) as FlowNode] };
    if (misplaced(flow, [condition], place, kinds) === "too_deep") return "too_deep";
    sequence.splice(place.index, 1, condition);
    return undefined;
  };
}
