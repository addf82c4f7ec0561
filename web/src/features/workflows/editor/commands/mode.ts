import type { Flow, FlowNode, Mode } from "@/flow/document";
import { every } from "@/flow/keys";
import type { Command, Kinds } from "./edit";

/** The nodes that do not work in a mode. */
export function unfit(flow: Flow, mode: Mode, kinds: Kinds): FlowNode[] {
  return [...every(flow.nodes)].filter((node) => {
    const only = kinds.get(node.kind)?.mode;
    return only != null && only !== mode;
  });
}

/**
 * Switches the mode. Nodes that do not work in the new one are refused, or taken out if `removes` says so; the answer of
 * the trigger goes with the asynchronous mode.
 */
export function setMode(mode: Mode, kinds: Kinds, removes: boolean): Command {
  return (flow) => {
    const gone = new Set(unfit(flow, mode, kinds).map(({ key }) => key));
    if (gone.size > 0 && !removes) return "sync_only";
    takeOut(flow.nodes, gone);
    flow.mode = mode;
    if (mode === "sync") delete flow.trigger.answer;
    return undefined;
  };
}

function takeOut(nodes: FlowNode[], gone: ReadonlySet<string>) {
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    if (!node) continue;
    if (gone.has(node.key)) nodes.splice(index, 1);
    else for (const inner of Object.values(node.branches ?? {})) takeOut(inner, gone);
  }
}
