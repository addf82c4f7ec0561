// Which executions that ended badly were made good later, by a replay or by a replay of that.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, got } from "@/api/client";
import { type Execution, listen } from "@/api/live";
import { asked, type ExecutionFilter } from "../filter";

type Replay = Pick<Execution, "id" | "status" | "replay_of">;

/** The ids of all that have a replay that succeeded, directly or further down. */
export function mendedOf(all: Iterable<Replay>): Set<string> {
  const origin = new Map<string, string>();
  const good: string[] = [];
  for (const { id, status, replay_of } of all) {
    if (replay_of) origin.set(id, replay_of);
    if (replay_of && status === "succeeded") good.push(id);
  }
  const mended = new Set<string>();
  for (const id of good) {
    for (let at = origin.get(id); at && !mended.has(at); at = origin.get(at)) mended.add(at);
  }
  return mended;
}

/** With a filter on how they ended, the replays are not in the list: the newest that succeeded are read beside it. */
export function useMended(filter: ExecutionFilter, items: Execution[]): Set<string> {
  const hidden = filter.status !== undefined || filter.answer !== undefined || filter.q !== undefined;
  const { data } = useQuery({
    queryKey: ["executions", "mended", filter.workflow ?? null, filter.from ?? filter.range ?? null],
    queryFn: ({ signal }) => {
      const { from } = asked({ ...filter, to: undefined, q: undefined }, Date.now());
      const query = { status: "succeeded" as const, workflow: filter.workflow, from, limit: 500 };
      return got(api.GET("/api/v1/executions", { params: { query }, signal }));
    },
    enabled: hidden,
  });
  const [heard, setHeard] = useState(new Map<string, Replay>());
  useEffect(
    () =>
      listen({
        execution: (item) => {
          if (item.replay_of) setHeard((before) => new Map(before).set(item.id, item));
        },
      }),
    [],
  );
  return useMemo(() => mendedOf([...(data?.items ?? []), ...items, ...heard.values()]), [data, items, heard]);
}
