// The variables of one field, with the values of the request that is looked at, and what chips say of them.

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api, got } from "@/api/client";
import { readPath } from "@/flow/template";
import { brokenIn, rows, type VariableRoot, valueAt, variablesAt } from "@/flow/variables";
import { useTranslation } from "@/lib/i18n";
import { endsFlow } from "@/nodes/kinds";
import type { Chip } from "@/ui/code/chips";
import { useEditor } from "../store";
import { inShort } from "./in-short";
import { useSeen } from "./previews";

/** Names of secrets. They are no secret themselves, their values never come to the browser. */
const secretNamesQuery = {
  queryKey: ["secrets", "names"],
  queryFn: () => got(api.GET("/api/v1/secrets")),
};

export interface VariablesHere {
  roots: VariableRoot[];
  /** What a chip says of an expression. */
  chip: (source: string) => Chip;
  error: unknown;
}

export function useVariables(of: string, takesSecrets: boolean): VariablesHere {
  const { t } = useTranslation("fields");
  const flow = useEditor((editor) => editor.flow);
  const { seen, error } = useSeen();
  const { data: stored } = useQuery({ ...secretNamesQuery, enabled: takesSecrets, retry: false });
  const secrets = useMemo(
    () => (takesSecrets ? (stored?.items.map(({ name }) => name) ?? []) : undefined),
    [takesSecrets, stored],
  );
  const roots = useMemo(() => variablesAt(flow, of, { seen, secrets, ends: endsFlow }), [flow, of, seen, secrets]);
  const aliases = useMemo(
    () => new Map([...rows(roots)].flatMap((row) => (row.alias ? [[row.path, row.alias]] : []))),
    [roots],
  );
  const known = takesSecrets && !stored ? "any" : secrets;
  const chip = useCallback(
    (source: string): Chip => {
      const steps = readPath(source);
      const broken = brokenIn(flow, of, source, known);
      const value = steps && seen ? valueAt(seen, steps) : undefined;
      return {
        label: aliases.get(source) ?? (steps ? nameOf(steps.map(String)) : source),
        value: value === undefined ? undefined : inShort(value),
        broken: broken && t(`broken.${broken}`),
      };
    },
    [flow, of, known, aliases, seen, t],
  );
  return { roots, chip, error };
}

/** A path without the words that everybody knows. */
function nameOf([root, ...steps]: string[]): string {
  if (root === "trigger" && steps.length > 1 && (steps[0] === "body" || steps[0] === "query")) {
    return steps.slice(1).join(".");
  }
  return root === "trigger" || root === "nodes" || root === "secrets"
    ? steps.join(".") || root
    : [root, ...steps].join(".");
}
