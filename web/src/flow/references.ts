// Which variables a flow reads, where, and which of them can't be there.
// What the server says of a saved draft (template.unknown_node, template.later_node) is known here at once.

import { before, type Flow, type FlowNode, find, type Json, pointerOf, walk } from "./document";
import { expressionsIn, pathsIn, type Step } from "./template";

/** Why a node can't be read: there is none, it stands in another branch, or it comes later. */
export type Broken = "gone" | "elsewhere" | "later";

export interface Reference {
  /** Who reads: a node's key, `""` for the trigger. */
  of: string;
  /** Where, as a JSON pointer below the node or the trigger. */
  at: string;
  /** What is read, its root first: `["nodes", "lookup", "body"]`. */
  path: Step[];
  /** Whose result it is. */
  node?: string;
  broken?: Broken;
}

type Readable = () => ReadonlySet<string>;

/** Every path that the flow's templates and expressions read, in the order of the flow. */
export function references(flow: Flow): Reference[] {
  const found: Reference[] = [];
  const collect = (of: string, at: string, value: Json | undefined, readable: Readable, name = "") => {
    if (typeof value === "string") {
      for (const path of readBy(value, name)) {
        const node = path[0] === "nodes" && typeof path[1] === "string" ? path[1] : undefined;
        const broken = node === undefined || readable().has(node) ? undefined : whyNot(flow, of, node);
        found.push({ of, at, path, ...(node === undefined ? {} : { node }), ...(broken ? { broken } : {}) });
      }
    } else if (value !== null && typeof value === "object") {
      for (const [key, each] of Object.entries(value)) collect(of, `${at}/${escaped(key)}`, each, readable, key);
    }
  };
  collect("", "/answer", flow.trigger.answer as Json | undefined, () => new Set());
  for (const { node } of walk(flow)) {
    // Most nodes read no other one: what they could read is worked out only when they do.
    let known: ReadonlySet<string> | undefined;
    collect(node.key, "/config", node.config, () => {
      known ??= new Set(before(flow, node.key).map(({ key }) => key));
      return known;
    });
  }
  return found;
}

export function brokenReferences(flow: Flow): Reference[] {
  return references(flow).filter(({ broken }) => broken !== undefined);
}

/** The nodes that read a node's result, each once; `""` is the trigger. */
export function usersOf(flow: Flow, key: string): string[] {
  const users = references(flow).filter(({ node, of }) => node === key && of !== key);
  return [...new Set(users.map(({ of }) => of))];
}

/** A reference's place in the whole document. */
export function pointerTo(flow: Flow, { of, at }: Pick<Reference, "of" | "at">): string {
  return of === "" ? `/trigger${at}` : `${pointerOf(flow, of) ?? ""}${at}`;
}

/** A condition's `expression` stands without braces; in all other texts expressions stand in them. */
function readBy(text: string, name: string): Step[][] {
  if (name === "expression" && !text.includes("{{")) return pathsIn(text);
  if (!text.includes("{{")) return [];
  return expressionsIn(text).spans.flatMap(({ source }) => pathsIn(source));
}

function whyNot(flow: Flow, reader: string, key: string): Broken {
  if (!find(flow, key)) return "gone";
  const [mine, its] = [branchesTo(flow.nodes, reader), branchesTo(flow.nodes, key)];
  return mine?.some(({ node, branch }) => its?.some((other) => other.node === node && other.branch !== branch))
    ? "elsewhere"
    : "later";
}

/** The branches that lead to a node, the outermost first. */
function branchesTo(nodes: FlowNode[], key: string): { node: string; branch: string }[] | undefined {
  for (const node of nodes) {
    if (node.key === key) return [];
    for (const [branch, inner] of Object.entries(node.branches ?? {})) {
      const found = branchesTo(inner, key);
      if (found) return [{ node: node.key, branch }, ...found];
    }
  }
  return undefined;
}

/** A name in a JSON pointer (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
