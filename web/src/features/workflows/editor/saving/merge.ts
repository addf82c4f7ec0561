// Two edits of one document brought together: what only one side changed is taken, the rest is asked.
// A unit is a node without what is inside it, the order of all nodes, the trigger, or the flow's own words.

import { contentOf, equal } from "@/flow/differences";
import type { Flow, FlowNode } from "@/flow/document";
import { walk } from "@/flow/document";

export type Side = "mine" | "theirs";

/** What can be decided on its own. */
export type Unit = { of: "node"; key: string } | { of: "order" } | { of: "trigger" } | { of: "flow" };

export function unitName(unit: Unit): string {
  return unit.of === "node" ? `node ${unit.key}` : unit.of;
}

export interface Merged {
  /** With `mine` wherever nobody has decided. */
  flow: Flow;
  /** What both sides changed, each in its own way. */
  conflicts: Unit[];
}

export function merge(base: Flow, mine: Flow, theirs: Flow, decided: ReadonlyMap<string, Side> = new Map()): Merged {
  const conflicts: Unit[] = [];
  const choose = (unit: Unit, parts: [unknown, unknown, unknown]): Side => {
    const [was, my, their] = parts;
    if (equal(my, their) || equal(their, was)) return "mine";
    if (equal(my, was)) return "theirs";
    conflicts.push(unit);
    return decided.get(unitName(unit)) ?? "mine";
  };
  const sides = { mine, theirs };
  const own = sides[choose({ of: "flow" }, [base, mine, theirs].map(wordsOf) as never)];
  const trigger = sides[choose({ of: "trigger" }, [base.trigger, mine.trigger, theirs.trigger])].trigger;
  const nodes = { base: byKey(base), mine: byKey(mine), theirs: byKey(theirs) };
  const content = new Map<string, FlowNode>();
  for (const key of new Set([...nodes.mine.keys(), ...nodes.theirs.keys()])) {
    const [was, my, their] = [nodes.base.get(key), nodes.mine.get(key), nodes.theirs.get(key)];
    if (!my || !their) {
      // Gone on one side: whether it stays is a matter of the order, but an edit of what the other side took out is asked.
      const left = my ?? their;
      if (left) content.set(key, left);
      if (was && left && !equal(contentOf(was), contentOf(left))) conflicts.push({ of: "node", key });
      continue;
    }
    const side = choose({ of: "node", key }, [was && contentOf(was), contentOf(my), contentOf(their)]);
    content.set(key, side === "mine" ? my : their);
  }
  const order = choose({ of: "order" }, [orderOf(base.nodes), orderOf(mine.nodes), orderOf(theirs.nodes)]);
  const flow = { ...own, trigger, nodes: rebuilt(sides[order].nodes, content) };
  // A node that one side edited and the other took out: whose word counts.
  for (const unit of conflicts) {
    if (unit.of !== "node" || (nodes.mine.has(unit.key) && nodes.theirs.has(unit.key))) continue;
    const wanted = decided.get(unitName(unit)) ?? "mine";
    if (wanted !== order) return { flow: { ...flow, nodes: rebuilt(sides[wanted].nodes, content) }, conflicts };
  }
  return { flow, conflicts };
}

function wordsOf({ trigger: _, nodes: __, ...words }: Flow): unknown {
  return words;
}

function byKey(flow: Flow): Map<string, FlowNode> {
  return new Map(Array.from(walk(flow), ({ node }) => [node.key, node]));
}

/** The tree of keys. */
function orderOf(nodes: FlowNode[]): unknown {
  return nodes.map(({ key, branches }) => [
    key,
    branches && Object.fromEntries(Object.entries(branches).map(([name, inner]) => [name, orderOf(inner)])),
  ]);
}

/** The tree of one side with the contents chosen. */
function rebuilt(nodes: FlowNode[], content: ReadonlyMap<string, FlowNode>): FlowNode[] {
  return nodes.map((node) => {
    const { branches: _, ...chosen } = content.get(node.key) ?? node;
    if (!node.branches) return chosen;
    const branches = Object.entries(node.branches).map(([name, inner]) => [name, rebuilt(inner, content)]);
    return { ...chosen, branches: Object.fromEntries(branches) };
  });
}
