// The way an execution took through its flow, read off its node runs: which wires were gone along, which stops made.

import type { Schema } from "@/api/client";
import { type Flow, type FlowNode, type Place, walk } from "@/flow/document";
import type { StatusWord } from "@/ui/status";

type NodeRun = Schema["NodeRunView"];

export interface Way {
  /** As the line map asks: into a node, or out of the end of a sequence (null). */
  taken: (of: Place["of"], node: FlowNode | null) => boolean;
  /** How each node's last run stands; nodes that were not come to are not in it. */
  last: Map<string, NodeRun>;
  /** Every run of a node, oldest first. */
  runs: Map<string, NodeRun[]>;
}

export function wayOf(flow: Flow, nodeRuns: readonly NodeRun[]): Way {
  const runs = new Map<string, NodeRun[]>();
  for (const run of nodeRuns) runs.set(run.node, [...(runs.get(run.node) ?? []), run]);
  const last = new Map([...runs].map(([key, all]) => [key, all.at(-1) as NodeRun]));
  const wires = new Set<string>();

  /** Goes through a sequence; says whether its end was reached. */
  const follow = (nodes: FlowNode[], of: Place["of"], isReached: boolean): boolean => {
    let alive = isReached;
    for (const [index, node] of nodes.entries()) {
      const run = last.get(node.key);
      alive = alive && (node.disabled === true || run !== undefined);
      if (alive) wires.add(wire(of, node.key));
      if (node.disabled || !run) {
        for (const [branch, inner] of Object.entries(node.branches ?? {})) {
          follow(inner, { node: node.key, branch }, false);
        }
        continue;
      }
      const branches = Object.entries(node.branches ?? {});
      const went = (run: NodeRun | undefined) => run?.status === "succeeded" || run?.status === "skipped";
      const goesOn = nodes.slice(index + 1).some(({ key }) => last.has(key));
      if (branches.length === 0) {
        alive = alive && (went(run) || goesOn);
      } else {
        let rejoins = false;
        for (const [branch, inner] of branches) {
          const isChosen = alive && (String(run.result) === branch || inner.some(({ key }) => last.has(key)));
          rejoins = follow(inner, { node: node.key, branch }, isChosen) || rejoins;
        }
        alive = alive && rejoins;
      }
    }
    if (alive) wires.add(wire(of, null));
    return alive;
  };
  follow(flow.nodes, null, true);
  return { taken: (of, node) => wires.has(wire(of, node?.key ?? null)), last, runs };
}

function wire(of: Place["of"], node: string | null): string {
  return JSON.stringify([of?.node ?? null, of?.branch ?? null, node]);
}

/** What the stop of a node shows. One that an ended execution did not come to was skipped. */
export function statusOf(way: Way, node: FlowNode, isOver: boolean): StatusWord | undefined {
  return way.last.get(node.key)?.status ?? (isOver && !node.disabled ? "skipped" : undefined);
}

/** Where it went wrong, or where it stands: what somebody who opens an execution looks for. */
export function stopToLookAt(flow: Flow, way: Way): string | undefined {
  const wanted: StatusWord[] = ["error", "timed_out", "failed", "waiting", "running"];
  for (const status of wanted) {
    for (const { node } of walk(flow)) if (way.last.get(node.key)?.status === status) return node.key;
  }
  return undefined;
}

/** What is known of a flow that is not kept any more: the nodes that ran, in their order. */
export function flowOfRuns(mode: Flow["mode"], nodeRuns: readonly NodeRun[]): Flow {
  const nodes = new Map(nodeRuns.map(({ node, kind }) => [node, { key: node, kind, config: {} }]));
  return { mode, trigger: { kind: "webhook" }, nodes: [...nodes.values()] };
}
