// The executions beside one in the list somebody came from.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, got } from "@/api/client";
import type { Execution } from "@/api/live";
import { asked, remembered } from "./filter";

/** How many newer ones are looked through: the list can be read from the new to the old only. */
const NEWER_MAX = 500;

/** Finds the next older or newer one; undefined where there is none. */
export function useNeighbor(): (of: Execution, way: "older" | "newer") => Promise<Execution | undefined> {
  const queries = useQueryClient();
  return useCallback(
    async (of, way) => {
      const filter = asked({ ...remembered(), q: undefined }, Date.now());
      const query =
        way === "older"
          ? { ...filter, cursor: of.id, limit: 1 }
          : { ...filter, from: of.accepted_at, limit: NEWER_MAX };
      const { items } = await queries.fetchQuery({
        queryKey: ["executions", "neighbors", query],
        queryFn: ({ signal }) => got(api.GET("/api/v1/executions", { params: { query }, signal })),
        staleTime: 0,
      });
      return way === "older" ? items[0] : items.filter(({ id }) => id > of.id).at(-1);
    },
    [queries],
  );
}
