// What a sample makes of the declared rows. Nothing is taken away by parsing: what the sample lacks stays, and is named.

import type { Schema } from "@/api/client";
import type { DeclaredHeader, DeclaredValue, Flow, Json, Trigger } from "@/flow/document";
import { references } from "@/flow/references";
import { readPath, type Step } from "@/flow/template";

/** The tables of the trigger. */
export type Table = "headers" | "query" | "body";

export interface Merged<Row> {
  rows: Row[];
  /** Names or paths that were not there before. */
  fresh: string[];
  /** Those of rows that the sample does not have. */
  gone: string[];
}

/** The sample's paths in its order, with the aliases there were; below them the rows that it lacks. */
export function mergedPaths(before: readonly DeclaredValue[], parsed: Schema["Parsed"]): Merged<DeclaredValue> {
  const known = new Map(before.map((row) => [row.path, row]));
  const found = new Set(parsed.items.map(({ path }) => path));
  const lacking = before.filter(({ path }) => !found.has(path));
  const rows = parsed.items.map(({ path, type, example, alias }): DeclaredValue => {
    // What is inside a list or an object has rows of its own.
    const hasParts = type === "list" || type === "object";
    const kept = known.get(path)?.alias ?? alias ?? undefined;
    return {
      path,
      ...(kept === undefined ? {} : { alias: kept }),
      type,
      ...(hasParts ? {} : { example: example as Json }),
    };
  });
  return {
    rows: [...rows, ...lacking],
    fresh: parsed.items.filter(({ path }) => !known.has(path)).map(({ path }) => path),
    gone: lacking.map(({ path }) => path),
  };
}

/** Headers that every request has, and those that hold a sender's credentials: declaring them would keep them. */
const NOT_OFFERED = [
  "accept",
  "accept-encoding",
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
];

/** The same for the headers of a request; their names are alike in any case. */
export function mergedHeaders(
  before: readonly DeclaredHeader[],
  sent: readonly (readonly string[])[],
): Merged<DeclaredHeader> {
  const values = new Map<string, string>();
  for (const [name = "", value = ""] of sent) {
    const key = name.toLowerCase();
    if (!NOT_OFFERED.includes(key)) values.set(key, values.has(key) ? `${values.get(key)}, ${value}` : value);
  }
  const declared = new Set(before.map(({ name }) => name.toLowerCase()));
  const rows = before.map((row) => {
    const example = values.get(row.name.toLowerCase());
    return example === undefined ? row : { ...row, example };
  });
  const fresh = [...values.keys()].filter((name) => !declared.has(name));
  return {
    rows: [...rows, ...fresh.map((name) => ({ name, example: values.get(name) ?? "" }))],
    fresh,
    gone: before.filter(({ name }) => !values.has(name.toLowerCase())).map(({ name }) => name),
  };
}

export type RowMistake = "no_path" | "twice" | "alias_twice" | "alias_reserved" | "never_arrives";

/** What all variables begin with: as an alias one of these is taken for the root itself. */
const ROOTS = ["trigger", "nodes", "loop", "loops", "system", "secrets"];
/** Keys that are dropped from queries (domain::event::query). */
const DROPPED = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "toLocaleString",
  "toString",
  "valueOf",
];

/** What is wrong with the rows, by table and place; the server says more of a saved draft. */
export function rowMistakes(trigger: Trigger): Map<string, RowMistake> {
  const mistakes = new Map<string, RowMistake>();
  const aliases = new Map<string, string>();
  for (const table of ["headers", "query", "body"] as const) {
    const names = new Set<string>();
    for (const [index, row] of (trigger[table] ?? []).entries()) {
      const at = `${table}/${index}`;
      const name = "name" in row ? row.name.toLowerCase() : row.path;
      const alias = row.alias?.trim().toLowerCase();
      if (name.trim() === "") mistakes.set(at, "no_path");
      else if (names.has(name)) mistakes.set(at, "twice");
      else if (table === "query" && stepsOf(name)?.some((step) => DROPPED.includes(String(step)))) {
        mistakes.set(at, "never_arrives");
      } else if (alias && ROOTS.includes(alias)) mistakes.set(at, "alias_reserved");
      else if (alias && aliases.has(alias)) mistakes.set(at, "alias_twice");
      names.add(name);
      if (alias) aliases.set(alias, at);
    }
  }
  return mistakes;
}

/** The steps of a declared path, as in `[0]["odd key"].a`. */
function stepsOf(path: string): Step[] | undefined {
  return readPath(path.startsWith("[") ? `x${path}` : `x.${path}`)?.slice(1);
}

/** How many templates read each declared value, by table and place; what nobody reads is not there. */
export function rowUses(flow: Flow): Map<string, number> {
  const read = new Map<string, number>();
  for (const { path } of references(flow)) {
    const [root, table, ...steps] = path;
    if (root !== "trigger" || typeof table !== "string") continue;
    const name = named(table, steps);
    read.set(name, (read.get(name) ?? 0) + 1);
  }
  const uses = new Map<string, number>();
  for (const table of ["headers", "query", "body"] as const) {
    for (const [index, row] of (flow.trigger[table] ?? []).entries()) {
      const steps = "name" in row ? [row.name] : stepsOf(row.path);
      const count = steps && read.get(named(table, steps));
      if (count) uses.set(`${table}/${index}`, count);
    }
  }
  return uses;
}

function named(table: string, steps: Step[]): string {
  return JSON.stringify([table, ...steps.map((step) => (table === "headers" ? String(step).toLowerCase() : step))]);
}
