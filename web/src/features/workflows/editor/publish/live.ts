import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { type Difference, differences } from "@/flow/differences";
import type { Flow } from "@/flow/document";
import { useEditor } from "../store";

/** A revision with its flow; it never changes. */
export const revisionQuery = (key: string, number: number) =>
  queryOptions({
    queryKey: ["workflow", key, "revision", number],
    queryFn: () => got(api.GET("/api/v1/workflows/{key}/revisions/{number}", { params: { path: { key, number } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

const NOTHING: Flow = { mode: "sync", trigger: { kind: "webhook" }, nodes: [] };

/** What the document changes of what answers now. Undefined while that is being read. */
export function useUnpublished(): { changes: Difference[] | undefined; revision: number | null } {
  const key = useEditor((editor) => editor.key);
  const flow = useEditor((editor) => editor.flow);
  const revision = useQuery(workflowQuery(key)).data?.revision ?? null;
  const { data } = useQuery({ ...revisionQuery(key, revision ?? 0), enabled: revision !== null });
  const live = revision === null ? { ...NOTHING, mode: flow.mode } : data && (data.flow as unknown as Flow);
  // biome-ignore lint/correctness/useExhaustiveDependencies: made of these, and anew every time
  const changes = useMemo(() => live && differences(live, flow), [revision, data, flow]);
  return { changes, revision };
}
