// JSON pointers of problems, brought to the nodes they are about.

import type { Flow, FlowNode } from "./document";

export interface Pointed {
  /** A node's key, `""` for the trigger, null for the flow itself. */
  of: string | null;
  /** What is left of the pointer below it: `/config/status`. */
  at: string;
}

/** What a pointer into the document leads to. */
export function pointed(flow: Flow, pointer: string): Pointed {
  const steps = pointer.split("/").slice(1);
  if (steps[0] === "trigger") return { of: "", at: rest(steps, 1) };
  let nodes: FlowNode[] | undefined = steps[0] === "nodes" ? flow.nodes : undefined;
  let at = 1;
  let found: FlowNode | undefined;
  let behind = 0;
  while (nodes) {
    const node: FlowNode | undefined = nodes[Number(steps[at])];
    if (!node) break;
    [found, behind] = [node, at + 1];
    nodes = steps[at + 1] === "branches" ? node.branches?.[steps[at + 2] ?? ""] : undefined;
    at += 3;
  }
  return found ? { of: found.key, at: rest(steps, behind) } : { of: null, at: pointer };
}

function rest(steps: string[], from: number): string {
  return steps
    .slice(from)
    .map((step) => `/${step}`)
    .join("");
}
