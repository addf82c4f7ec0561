// What is wrong, by node: what the server said of the last save, and references that are broken since.

import { useMemo } from "react";
import { pointed } from "@/flow/pointers";
import { brokenReferences, pointerTo } from "@/flow/references";
import { writePath } from "@/flow/template";
import { useTranslation } from "@/lib/i18n";
import { useEditor } from "./store";

export interface ProblemHere {
  /** A node's key, `""` for the trigger, null for the flow itself. */
  of: string | null;
  /** A JSON pointer below it. */
  at: string;
  message: string;
  code: string;
}

export function useProblems(): ProblemHere[] {
  const { t } = useTranslation("editor");
  const flow = useEditor((editor) => editor.flow);
  const problems = useEditor((editor) => editor.problems);
  return useMemo(() => {
    const broken = brokenReferences(flow).map((reference) => ({
      of: reference.of,
      at: reference.at,
      pointer: pointerTo(flow, reference),
      code: `reference.${reference.broken}`,
      message: t(`broken.${reference.broken ?? "gone"}`, { path: writePath(reference.path), key: reference.node }),
    }));
    const known = new Set(broken.map(({ pointer }) => pointer));
    const said = problems
      // The server says the same of references, one save later.
      .filter(({ code }) => code !== "template.unknown_node" && code !== "template.later_node")
      .filter(({ pointer, code }) => !(known.has(pointer) && code.startsWith("template.")))
      .map(({ pointer, message, code }) => ({ ...pointed(flow, pointer), message, code }));
    return [...said, ...broken.map(({ pointer: _, ...rest }) => rest)];
  }, [flow, problems, t]);
}

/** How many problems each node has. */
export function useProblemCounts(): ReadonlyMap<string, number> {
  const problems = useProblems();
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { of } of problems) if (of !== null) counts.set(of, (counts.get(of) ?? 0) + 1);
    return counts;
  }, [problems]);
}
