// One execution, followed while it is open; and the flow it ran.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError, api, got } from "@/api/client";
import { listen } from "@/api/live";
import { executionQuery, workflowQuery } from "@/api/queries";
import type { Flow } from "@/flow/document";
import { flowOfRuns } from "./way";

export const isOver = (status: string) => !["queued", "running", "waiting"].includes(status);

export function useExecution(id: string) {
  const queries = useQueryClient();
  const query = useQuery(executionQuery(id));
  const over = query.data ? isOver(query.data.status) : false;
  useEffect(() => {
    let wanted = false;
    let isReading = false;
    let isGone = false;
    // Node runs come in bursts; one reading tells of all of them. What is heard while it is read is read again after.
    const read = async () => {
      wanted = true;
      if (isReading) return;
      isReading = true;
      while (wanted && !isGone) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        // A first reading that is under way cannot be told that it is old.
        await queries.fetchQuery(executionQuery(id)).catch(() => undefined);
        wanted = false;
        await queries.invalidateQueries({ queryKey: executionQuery(id).queryKey });
      }
      isReading = false;
    };
    const stops = [
      // Its replays are executions of their own.
      listen({
        execution: (heard) => {
          if (heard.id === id || heard.replay_of === id) void read();
        },
      }),
      ...(over ? [] : [listen({ hello: read, node_run: read, gap: read }, { execution: id })]),
    ];
    return () => {
      isGone = true;
      for (const stop of stops) stop();
    };
  }, [id, over, queries]);
  return query;
}

export interface Ran {
  flow: Flow;
  /** Whether it is what ran: the revision itself, the draft as it is now, or only what the node runs tell. */
  source: "revision" | "draft" | "runs";
}

/** Null while it is read. */
export function useFlow(execution: {
  workflow_key: string;
  workflow_id: string;
  revision: number | null;
  mode: Flow["mode"];
  node_runs: Parameters<typeof flowOfRuns>[1];
}): Ran | null {
  const { workflow_key: key, revision } = execution;
  const ofRevision = useQuery({
    queryKey: ["revision", key, revision],
    queryFn: ({ signal }) =>
      got(
        api.GET("/api/v1/workflows/{key}/revisions/{number}", {
          params: { path: { key, number: revision as number } },
          signal,
        }),
      ),
    enabled: revision !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: (times, error) => !(error instanceof ApiError) && times < 3,
  });
  // A test ran a copy of the draft that is shown nowhere; the draft of today is mostly still the same.
  const draft = useQuery({ ...workflowQuery(key), enabled: revision === null });
  if (revision !== null && ofRevision.data)
    return { flow: ofRevision.data.flow as unknown as Flow, source: "revision" };
  const { node_runs } = execution;
  if (revision === null && draft.data) {
    const flow = draft.data.draft as Flow;
    if (flow && Array.isArray(flow.nodes) && knows(flow, node_runs)) return { flow, source: "draft" };
    return { flow: flowOfRuns(execution.mode, node_runs), source: "runs" };
  }
  if (ofRevision.isError || draft.isError) return { flow: flowOfRuns(execution.mode, node_runs), source: "runs" };
  return null;
}

function knows(flow: Flow, runs: readonly { node: string }[]): boolean {
  const text = JSON.stringify(flow);
  return runs.every(({ node }) => text.includes(`"key":${JSON.stringify(node)}`));
}
