// Puts one path in place of another in a field of the draft.

import { useQueryClient } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { type Flow, find, type Json } from "@/flow/document";

/** What the text at `pointer` becomes. Undefined where there is no text that has the path. */
export function replaced(config: Json, pointer: string, path: string, by: string): Json | undefined {
  const [, ...steps] = pointer.split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const walk = (value: Json, [step, ...rest]: string[]): Json | undefined => {
    if (step === undefined) {
      if (typeof value !== "string" || !value.includes(path)) return undefined;
      // Not inside a longer path that begins alike.
      const escaped = path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
      const text = value.replaceAll(new RegExp(`(?<![\\w.$-])${escaped}(?![\\w$-]|\\.\\w|\\[)`, "g"), () => by);
      return text === value ? undefined : text;
    }
    if (Array.isArray(value)) {
      const inner = walk(value[Number(step)] ?? null, rest);
      return inner === undefined ? undefined : value.map((each, index) => (index === Number(step) ? inner : each));
    }
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    const inner = walk(value[step] as Json, rest);
    return inner === undefined ? undefined : { ...value, [step]: inner };
  };
  return walk(config, steps);
}

export interface Mending {
  workflow: string;
  node: string;
  pointer: string;
  path: string;
  by: string;
}

/** Resolves to whether the draft has the new path now; throws when it could not be saved. */
export function useMend(): (mending: Mending) => Promise<boolean> {
  const queries = useQueryClient();
  return async ({ workflow: key, node, pointer, path, by }) => {
    const draft = await got(api.GET("/api/v1/workflows/{key}/draft", { params: { path: { key } } }));
    const flow = structuredClone(draft.flow) as unknown as Flow;
    const found = find(flow, node);
    const config = found && replaced(found.config, pointer, path, by);
    if (!found || config === undefined) return false;
    found.config = config as typeof found.config;
    const header = { "If-Match": `"${draft.edit}"` };
    await api.PUT("/api/v1/workflows/{key}/draft", { params: { path: { key }, header }, body: flow as never });
    await queries.invalidateQueries({ queryKey: workflowQuery(key).queryKey });
    return true;
  };
}
