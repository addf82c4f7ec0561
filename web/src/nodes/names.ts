// What nodes are called on the screen.

import { useCallback } from "react";
import type { FlowNode } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";

/** The name of a kind in the page's language, or what the server calls it. */
export function useKindName(): (kind: string, said?: string) => string {
  const { t } = useTranslation("nodes");
  return useCallback((kind, said) => t(`kind.${kind as "condition"}`, { defaultValue: said ?? kind }), [t]);
}

/** A node's title, or else the name of its kind; null is the trigger. */
export function useNodeTitle(): (node: Pick<FlowNode, "title" | "kind"> | null) => string {
  const kindName = useKindName();
  return useCallback((node) => node?.title || kindName(node?.kind ?? "webhook"), [kindName]);
}
