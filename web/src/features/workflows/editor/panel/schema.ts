// As much of JSON Schema as the kinds of nodes use, and which field each part of it becomes.

import type { Json } from "@/flow/document";

export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: Json[];
  const?: Json;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  description?: string;
  title?: string;
  default?: Json;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  format?: string;
  "x-secrets"?: boolean;
}

export type FieldKind =
  | { kind: "text" }
  | { kind: "number"; whole: boolean }
  | { kind: "boolean" }
  | { kind: "choice"; options: { value: string; detail?: string }[] }
  | { kind: "pairs"; secrets: boolean }
  | { kind: "object"; schema: JsonSchema }
  | { kind: "any" };

export interface SchemaField {
  name: string;
  schema: JsonSchema;
  field: FieldKind;
  required: boolean;
  /** May be null or left out altogether, as a whole. */
  optional: boolean;
  help?: string;
}

/** The fields of an object, in the order of its schema. */
export function fieldsOf(schema: JsonSchema, root: JsonSchema = schema): SchemaField[] {
  return Object.entries(schema.properties ?? {}).map(([name, written]) => {
    const { schema: resolved, optional } = resolve(written, root);
    return {
      name,
      schema: resolved,
      field: fieldKind(resolved, root),
      required: schema.required?.includes(name) ?? false,
      optional,
      help: written.description ?? resolved.description,
    };
  });
}

/** Follows references; `T or null` is `T` that may be left out. What stands beside a reference counts. */
export function resolve(schema: JsonSchema, root: JsonSchema): { schema: JsonSchema; optional: boolean } {
  const some = (schema.anyOf ?? []).filter((each) => each.type !== "null");
  if (schema.anyOf && some.length === 1) {
    const { anyOf: _, ...beside } = schema;
    return { schema: { ...resolve(some[0] ?? {}, root).schema, ...beside }, optional: true };
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    const one = types.length === 1 ? types[0] : undefined;
    return { schema: { ...schema, type: one ?? schema.type }, optional: schema.type.includes("null") };
  }
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  if (name === undefined) return { schema, optional: false };
  const { $ref: _, ...beside } = schema;
  return { schema: { ...resolve(root.$defs?.[name] ?? {}, root).schema, ...beside }, optional: false };
}

function fieldKind(schema: JsonSchema, root: JsonSchema): FieldKind {
  const consts = schema.oneOf?.map((each) => ({ value: each.const, detail: each.description }));
  if (consts?.every((each) => typeof each.value === "string")) {
    return { kind: "choice", options: consts as { value: string; detail?: string }[] };
  }
  if (schema.enum?.every((each) => typeof each === "string")) {
    return { kind: "choice", options: (schema.enum as string[]).map((value) => ({ value })) };
  }
  switch (schema.type) {
    case "string":
      return { kind: "text" };
    case "integer":
    case "number":
      return { kind: "number", whole: schema.type === "integer" };
    case "boolean":
      return { kind: "boolean" };
    case "object":
      return schema.properties ? { kind: "object", schema } : { kind: "any" };
    case "array": {
      const { schema: item } = resolve(schema.items ?? {}, root);
      const names = Object.keys(item.properties ?? {});
      const value = item.properties?.value;
      const isPair = names.length === 2 && item.properties?.name?.type === "string" && value?.type === "string";
      return isPair ? { kind: "pairs", secrets: value?.["x-secrets"] === true } : { kind: "any" };
    }
    default:
      return { kind: "any" };
  }
}

/** `timeout_ms` → `Timeout` and `ms`. */
export function nameAndUnit(name: string): { words: string; unit?: "ms" | "bytes" } {
  const unit = /_ms$/.test(name) ? "ms" : /_bytes(_max)?$/.test(name) ? "bytes" : undefined;
  const words = name.replace(/_ms$/, "").replaceAll("_", " ");
  return { words: words.charAt(0).toUpperCase() + words.slice(1), unit };
}
