// How much each workflow had to do: the counts of the last day, read again when something happened.

import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, got, type Schema } from "@/api/client";

import { listen } from "@/api/live";

export type WorkflowFigures = Schema["Figures"]["items"][number];

/** How often the counts are read again while executions end all the time. */
const EVERY_MS = 5_000;

const figuresQuery = queryOptions({
  queryKey: ["workflows", "figures"],
  queryFn: () => got(api.GET("/api/v1/workflows/figures", { params: { query: { hours: 24 } } })),
});

/** By workflow id; empty until they are there. */
export function useFigures(): Map<string, WorkflowFigures> {
  const queries = useQueryClient();
  const { data } = useQuery(figuresQuery);
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = listen({
      execution: () => {
        waiting ??= setTimeout(() => {
          waiting = undefined;
          queries.invalidateQueries({ queryKey: figuresQuery.queryKey });
        }, EVERY_MS);
      },
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [queries]);
  return new Map(data?.items.map((item) => [item.workflow_id, item]));
}
