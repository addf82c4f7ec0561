// Keys of nodes. They are kept for ever: templates read results by them, and executions name them.

import { type Flow, type FlowNode, walk } from "./document";

/** What a key may be (domain::flow::document). */
export const KEY = /^[a-z][a-z0-9_]{0,63}$/;

export function keysOf(flow: Flow): Set<string> {
  return new Set(Array.from(walk(flow), ({ node }) => node.key));
}

/** A key of kind and number as the server makes them: `response1`; `node1` for a kind that makes no key. */
export function newKey(kind: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const key = KEY.test(`${kind}${number}`) ? `${kind}${number}` : `node${number}`;
    if (!taken.has(key)) return key;
  }
}

/** All nodes of a sequence, those in branches included, in the order of reading. */
export function* every(nodes: readonly FlowNode[]): Generator<FlowNode> {
  for (const node of nodes) {
    yield node;
    for (const inner of Object.values(node.branches ?? {})) yield* every(inner);
  }
}
