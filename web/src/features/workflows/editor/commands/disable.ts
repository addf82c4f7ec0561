import { find } from "@/flow/document";
import type { Command } from "./edit";

/** Switches a node off or on. One that is off stays where it is, and the flow goes past it. */
export function disable(key: string, off: boolean): Command {
  return (flow) => {
    const node = find(flow, key);
    if (!node) return "not_found";
    if (off) node.disabled = true;
    else delete node.disabled;
    return undefined;
  };
}
