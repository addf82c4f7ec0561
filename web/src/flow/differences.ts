// What changed between two documents, node by node: what Publish, the comparison of revisions and conflicts show.

import type { Flow, FlowNode, Json, Place } from "./document";
import { walk } from "./document";

export type Difference =
  | { what: "added" | "removed"; node: FlowNode }
  | { what: "moved"; node: FlowNode }
  | { what: "changed"; node: FlowNode; field: string; before: Json | undefined; after: Json | undefined }
  | { what: "trigger"; field: string; before: Json | undefined; after: Json | undefined }
  | { what: "flow"; field: string; before: Json | undefined; after: Json | undefined };

/** Everything that has to be done to `from` to make `to` of it, in the order in which `to` is read. */
export function differences(from: Flow, to: Flow): Difference[] {
  const found: Difference[] = [];
  for (const field of ["mode", "timeout_ms", "answer_deadline_ms"] as const) {
    if (from[field] !== to[field]) found.push({ what: "flow", field, before: from[field], after: to[field] });
  }
  for (const each of fields(from.trigger as unknown as Json, to.trigger as unknown as Json, "")) {
    found.push({ what: "trigger", ...each });
  }
  const old = placed(from);
  const now = placed(to);
  const stayed = staying(from, to);
  for (const [key, { node }] of now) {
    const was = old.get(key)?.node;
    if (!was) {
      found.push({ what: "added", node });
      continue;
    }
    if (!stayed.has(key)) found.push({ what: "moved", node });
    for (const each of fields(contentOf(was), contentOf(node), "")) found.push({ what: "changed", node, ...each });
  }
  for (const [key, { node }] of old) if (!now.has(key)) found.push({ what: "removed", node });
  return found;
}

/** A node without the nodes inside it. */
export function contentOf({ branches: _, ...content }: FlowNode): Json {
  return content as unknown as Json;
}

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  // A member that is not there and one that is undefined are the same: neither is sent.
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  return [...names].every((name) => equal(left[name], right[name]));
}

function placed(flow: Flow): Map<string, { node: FlowNode; place: Place }> {
  return new Map(Array.from(walk(flow), ({ node, place }) => [node.key, { node, place }]));
}

interface Field {
  field: string;
  before: Json | undefined;
  after: Json | undefined;
}

/** Fields that differ. Objects are gone through; what an author sees as one thing (a rule, a body) is one. */
function fields(before: Json | undefined, after: Json | undefined, at: string): Field[] {
  if (equal(before, after)) return [];
  const [left, right] = [rowsOf(before, at), rowsOf(after, at)];
  const whole = WHOLE.test(at) || (!left && !right);
  if (whole || (before !== undefined && !left) || (after !== undefined && !right))
    return [{ field: at, before, after }];
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  // A list that is a table tells row by row, and a row is one thing.
  const inside = (name: string) => (Array.isArray(before ?? after) ? `${at}[${name}]` : at ? `${at}.${name}` : name);
  return [...names].flatMap((name) => fields(left?.[name], right?.[name], inside(name)));
}

const WHOLE = /^(config\.(rule|body)|answer\.body)$|\]$/;

/** The members of an object, or the rows of a table by what names them. */
function rowsOf(value: Json | undefined, at: string): Record<string, Json> | undefined {
  if (value === undefined || value === null || typeof value !== "object") return undefined;
  if (!Array.isArray(value)) return value;
  // Only the trigger's tables: a row has one path or name, and their order means nothing.
  if (!/^(headers|query|body)$/.test(at)) return undefined;
  const rows: Record<string, Json> = {};
  for (const row of value) {
    const name =
      typeof row === "object" && row !== null && !Array.isArray(row) ? String(row.path ?? row.name ?? "") : "";
    if (name === "" || name in rows) return undefined;
    rows[name] = row;
  }
  return rows;
}

/** The nodes that need not move: in the same sequence as before, in the longest run that kept its order. */
function staying(from: Flow, to: Flow): Set<string> {
  const old = placed(from);
  const stayed = new Set<string>();
  const bySequence = new Map<string, string[]>();
  for (const [key, { place }] of placed(to)) {
    const was = old.get(key)?.place;
    if (!was || sequenceName(was) !== sequenceName(place)) continue;
    const name = sequenceName(place);
    bySequence.set(name, [...(bySequence.get(name) ?? []), key]);
  }
  for (const keys of bySequence.values()) {
    const indexes = keys.map((key) => old.get(key)?.place.index ?? 0);
    for (const at of longestRising(indexes)) stayed.add(keys[at] ?? "");
  }
  return stayed;
}

function sequenceName({ of }: Place): string {
  return of === null ? "" : `${of.node} ${of.branch}`;
}

/** Positions of the longest rising subsequence. */
function longestRising(values: number[]): number[] {
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [at, value] of values.entries()) {
    let low = 0;
    for (let high = tails.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[at] = tails[low - 1];
    tails[low] = at;
  }
  const run: number[] = [];
  for (let at: number | undefined = tails.at(-1); at !== undefined; at = previous[at]) run.unshift(at);
  return run;
}
