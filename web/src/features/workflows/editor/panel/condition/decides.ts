import { type Flow, placeOf, sequenceAt } from "@/flow/document";
import type { Command } from "../../commands/edit";

export type Decides = "continue" | "branch";

/**
 * What a condition's rule decides. With `continue` there are no branches: nodes of the branch `true` go below the
 * condition, those of `false` are taken away.
 */
export function setDecides(key: string, decides: Decides): Command {
  return (flow: Flow) => {
    const place = placeOf(flow, key);
    const sequence = place && sequenceAt(flow, place.of);
    const node = sequence?.[place?.index ?? -1];
    if (!place || !sequence || !node) return "not_found";
    node.config.mode = decides;
    if (decides === "branch") {
      node.branches = { true: [], false: [], ...node.branches };
    } else {
      const kept = node.branches?.true ?? [];
      delete node.branches;
      sequence.splice(place.index + 1, 0, ...kept);
    }
    return undefined;
  };
}
