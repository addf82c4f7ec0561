// Where a flow stops, and whether it can come to its end without stopping.

import type { FlowNode } from "./document";

/** Whether nothing comes after this node: it ends the execution, or all of its branches do. */
export function endsHere(node: FlowNode, ends: (node: FlowNode) => boolean): boolean {
  if (node.disabled) return false;
  if (ends(node)) return true;
  const inner = Object.values(node.branches ?? {});
  return inner.length > 0 && inner.every((branch) => !goesOn(branch, ends));
}

/** Whether an execution can get past the end of a sequence. */
export function goesOn(nodes: readonly FlowNode[], ends: (node: FlowNode) => boolean): boolean {
  return !nodes.some((node) => endsHere(node, ends));
}
