// Copies of nodes that can stand in a flow beside what they were copied from.

import type { FlowNode, Json } from "./document";
import { every, newKey } from "./keys";
import { expressionsIn } from "./template";

/** Copies with keys that are not taken. What the copies read of each other they read by the new keys. */
export function copies(nodes: readonly FlowNode[], taken: ReadonlySet<string>): FlowNode[] {
  const used = new Set(taken);
  const renamed = new Map<string, string>();
  for (const node of every(nodes)) {
    // A key that is free stays: what was cut and is pasted is still what others read.
    const key = used.has(node.key) ? newKey(node.kind, used) : node.key;
    used.add(key);
    renamed.set(node.key, key);
  }
  return nodes.map((node) => copy(node, renamed));
}

function copy(node: FlowNode, renamed: ReadonlyMap<string, string>): FlowNode {
  const made: FlowNode = {
    ...node,
    key: renamed.get(node.key) ?? node.key,
    config: reread(node.config, renamed, "") as FlowNode["config"],
  };
  if (node.branches) {
    made.branches = Object.fromEntries(
      Object.entries(node.branches).map(([name, inner]) => [name, inner.map((each) => copy(each, renamed))]),
    );
  }
  return made;
}

function reread(value: Json, renamed: ReadonlyMap<string, string>, name: string): Json {
  if (typeof value === "string") return name === "expression" ? inExpression(value, renamed) : inText(value, renamed);
  if (Array.isArray(value)) return value.map((each) => reread(each, renamed, ""));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, reread(each, renamed, key)]));
}

function inText(text: string, renamed: ReadonlyMap<string, string>): string {
  let made = "";
  let at = 0;
  for (const { from, to } of expressionsIn(text).spans) {
    made += text.slice(at, from) + inExpression(text.slice(from, to), renamed);
    at = to;
  }
  return made + text.slice(at);
}

function inExpression(source: string, renamed: ReadonlyMap<string, string>): string {
  return source.replaceAll(
    /(?<![\w.$'"`])nodes\.([a-z][a-z0-9_]*)/g,
    (_, key: string) => `nodes.${renamed.get(key) ?? key}`,
  );
}
