import { find, placeOf, sequenceAt } from "@/flow/document";
import type { Command } from "./edit";

/**
 * Takes a node out. One whose branches hold nodes needs a word on them: `keep` is the branch whose nodes take its
 * place, null for none. What other nodes read of it stays written, and is shown as broken.
 */
export function remove(key: string, keep?: string | null): Command {
  return (flow) => {
    const node = find(flow, key);
    const place = placeOf(flow, key);
    const sequence = place && sequenceAt(flow, place.of);
    if (!node || !sequence) return "not_found";
    const inner = Object.values(node.branches ?? {});
    if (keep === undefined && inner.some((nodes) => nodes.length > 0)) return "has_branches";
    const kept = typeof keep === "string" ? (node.branches?.[keep] ?? []) : [];
    sequence.splice(place.index, 1, ...kept);
    return undefined;
  };
}
