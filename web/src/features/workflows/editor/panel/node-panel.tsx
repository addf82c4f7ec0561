import type { FlowNode } from "@/flow/document";

/** What the drawer of a node holds below its header: the form of its kind. */
export function NodePanel({ node }: { node: FlowNode }) {
  return <pre className="code">{JSON.stringify(node.config, null, 2)}</pre>;
}
