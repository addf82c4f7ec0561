// What more than one page reads. What one page reads alone stands with that page.

import { queryOptions } from "@tanstack/react-query";
import { api, got } from "./client";

/** Who looks at the pages, and what they may do. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => got(api.GET("/api/v1/me")),
  staleTime: 60_000,
});

/** Kinds of nodes and triggers that this server has, with schemas. They change with the program only. */
export const kindsQuery = queryOptions({
  queryKey: ["kinds"],
  queryFn: () => got(api.GET("/api/v1/nodes")),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Every workflow, newest first. */
export const workflowsQuery = queryOptions({
  queryKey: ["workflows"],
  queryFn: async () => {
    const items = [];
    let cursor: string | undefined;
    do {
      const page = await got(api.GET("/api/v1/workflows", { params: { query: { limit: 500, cursor } } }));
      items.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return items;
  },
});

export const workflowQuery = (key: string) =>
  queryOptions({
    queryKey: ["workflow", key],
    queryFn: () => got(api.GET("/api/v1/workflows/{key}", { params: { path: { key } } })),
  });

export const executionQuery = (id: string) =>
  queryOptions({
    queryKey: ["execution", id],
    queryFn: () => got(api.GET("/api/v1/executions/{id}", { params: { path: { id } } })),
  });

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ["request", id],
    queryFn: () => got(api.GET("/api/v1/requests/{id}", { params: { path: { id } } })),
  });
