// What the cards say, to eyes and to screen readers.

import { useMemo } from "react";
import { type FlowNode, walk } from "@/flow/document";
import { every } from "@/flow/keys";
import { useTranslation } from "@/lib/i18n";
import { glyph, summary, triggerSummary } from "@/nodes/kinds";
import { useNodeTitle } from "@/nodes/names";
import type { CardView } from "@/ui/linemap/card";
import type { StatusWord } from "@/ui/status";
import { useProblemCounts } from "../problems";
import { useEditor } from "../store";

/** How a node's last run stands, when the canvas shows an execution. */
export interface Ran {
  status: StatusWord;
  took?: string;
}

/** The view of each card; null is the trigger. */
export function useCards(ran: ReadonlyMap<string, Ran>): (node: FlowNode | null) => CardView {
  const { t } = useTranslation(["editor", "nodes", "common"]);
  const flow = useEditor((editor) => editor.flow);
  const problems = useProblemCounts();
  const titleOf = useNodeTitle();
  return useMemo(() => {
    const steps = new Map(Array.from(walk(flow), ({ node }, index) => [node.key, index + 2]));
    const all = steps.size + 1;
    return (node) => {
      const key = node?.key ?? "";
      const title = titleOf(node);
      const line = node ? summary(node) : triggerSummary(flow);
      const wrong = problems.get(key) ?? 0;
      const run = ran.get(key);
      const branches = Object.entries(node?.branches ?? {}).map(([name, inner]) =>
        t("branch_steps", {
          branch: t(`nodes:branch.${name as "true"}`, { defaultValue: name }),
          count: [...every(inner)].length,
        }),
      );
      const words = [
        t("step_of", { step: steps.get(key) ?? 1, all }),
        title,
        line,
        node?.disabled ? t("nodes:disabled") : "",
        ...branches,
        run ? t(`common:status.${run.status}`) : "",
        wrong > 0 ? t("problems_count", { count: wrong }) : "",
      ];
      return {
        glyph: glyph(node?.kind ?? "webhook"),
        title,
        summary: line,
        disabled: node?.disabled,
        problems: wrong,
        status: run?.status,
        took: run?.took,
        name: words.filter(Boolean).join(", "),
      };
    };
  }, [flow, problems, titleOf, ran, t]);
}
