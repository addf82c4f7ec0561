import type { FlowNode, Json, Place } from "@/flow/document";
import { keysOf, newKey } from "@/flow/keys";
import type { Command, Kind, Kinds } from "./edit";
import { put } from "./put";

/** What a new node's config is, where an empty one would say nothing. */
const BEGINNINGS: Record<string, { [name: string]: Json }> = {
  condition: { mode: "branch", rule: { left: "", operator: "equal", right: "" } },
  response: { status: 200 },
  end: { status: "succeeded" },
  http_request: { method: "GET", url: "" },
  delay: { amount: 1, unit: "minutes" },
};

/** A new node of a kind, not yet in the flow. */
export function fresh(kind: Kind, taken: ReadonlySet<string>): FlowNode {
  const node: FlowNode = {
    key: newKey(kind.kind, taken),
    kind: kind.kind,
    config: structuredClone(BEGINNINGS[kind.kind] ?? {}),
  };
  if (kind.branches.length > 0) node.branches = Object.fromEntries(kind.branches.map((name) => [name, []]));
  return node;
}

/** Puts a new node of a kind at a place. Its key is `newKey` of the kind. */
export function insert(kind: string, place: Place, kinds: Kinds): Command {
  return (flow) => {
    const known = kinds.get(kind);
    return known ? put(flow, [fresh(known, keysOf(flow))], place, kinds) : "not_found";
  };
}
