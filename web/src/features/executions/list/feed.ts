// What the list of executions reads and hears.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, got } from "@/api/client";
import { useFeed } from "@/api/feed";
import { type Execution, listen } from "@/api/live";
import { momentsOf } from "@/lib/span";
import type { Bucket } from "@/ui/bars/bars";
import { asked, type ExecutionFilter, fits } from "../filter";

const PAGE = 100;

export function useExecutions(filter: ExecutionFilter, isPaused: boolean) {
  return useFeed<Execution>({
    queryKey: ["executions", "list", filter],
    read: (cursor, signal) =>
      got(
        api.GET("/api/v1/executions", {
          params: { query: { ...asked(filter, Date.now()), limit: PAGE, cursor } },
          signal,
        }),
      ),
    event: "execution",
    fits: (item) => fits(filter, item),
    pick: newer,
    isPaused,
  });
}

/** The feed does not say why something ended; a list does. */
export function newer(told: Execution, read: Execution): Execution {
  return told.status === read.status ? read : told;
}

export const SERIES = [
  { id: "succeeded", color: "text-succeeded" },
  { id: "failed", color: "text-failed" },
  { id: "error", color: "text-failed" },
  { id: "timed_out", color: "text-timed-out" },
  { id: "cancelled", color: "text-line-strong" },
  { id: "open", color: "text-running" },
] as const;

type Counted = (typeof SERIES)[number]["id"];

const countedAs = ({ status }: Execution): Counted =>
  status === "queued" || status === "running" || status === "waiting" ? "open" : status;

/** Counts over the time of the filter. What begins after they were read is counted here, until they are read anew. */
export function useHistogram(filter: ExecutionFilter): {
  buckets: Bucket[];
  to: string;
  isPartial: boolean;
  error: unknown;
} {
  const query = useQuery({
    queryKey: ["executions", "histogram", filter],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const { from = new Date(now - 90 * 86_400_000).toISOString(), to } = momentsOf(filter, now);
      const { status, workflow, answer, q } = filter;
      const params = { query: { from, to, status, workflow, answer, q, buckets: 60 } };
      const read = await got(api.GET("/api/v1/executions/histogram", { params, signal }));
      return { ...read, begunAt: new Date(now).toISOString() };
    },
    refetchOnMount: "always",
  });
  const { data, refetch } = query;
  const [later, setLater] = useState(new Map<string, Execution>());
  useEffect(() => {
    setLater(new Map());
    if (!data || filter.to) return;
    const width = (Date.parse(data.to) - Date.parse(data.from)) / data.items.length;
    return listen({
      execution: (item) => {
        if (item.accepted_at <= data.to || fits(filter, item) !== true) return;
        // The bars have moved on by one.
        if (Date.parse(item.accepted_at) > Date.parse(data.to) + width) void refetch();
        setLater((before) => new Map(before).set(item.id, item));
      },
    });
  }, [data, filter, refetch]);
  return useMemo(() => {
    const buckets = (data?.items ?? []).map(({ at, ...counts }) => ({
      at,
      counts: { ...counts } as Record<string, number>,
    }));
    const last = buckets.at(-1);
    if (last) for (const item of later.values()) last.counts[countedAs(item)] = (last.counts[countedAs(item)] ?? 0) + 1;
    return { buckets, to: data?.to ?? "", isPartial: data?.partial ?? false, error: query.error };
  }, [data, later, query.error]);
}
