// Why an execution ended badly, in a line. The live feed does not say it, so a row in sight asks for its own.

import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import type { Execution } from "@/api/live";

const endedBadly = ({ status }: Execution) => status === "error" || status === "timed_out";

export function useCause(item: Execution, isHeard: boolean): Execution["cause"] {
  const { data } = useQuery({
    queryKey: ["executions", "cause", item.id, item.status],
    queryFn: async ({ signal }) => {
      const query = { q: item.id, limit: 1 };
      const { items } = await got(api.GET("/api/v1/executions", { params: { query }, signal }));
      return items[0]?.cause ?? null;
    },
    enabled: isHeard && endedBadly(item) && !item.cause,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return item.cause ?? data ?? null;
}
