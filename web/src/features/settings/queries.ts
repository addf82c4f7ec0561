import { queryOptions } from "@tanstack/react-query";
import { api, got } from "@/api/client";

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async () => (await got(api.GET("/api/v1/users"))).items,
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: async () => (await got(api.GET("/api/v1/tokens"))).items,
});

export const secretsQuery = queryOptions({
  queryKey: ["secrets"],
  queryFn: async () => (await got(api.GET("/api/v1/secrets"))).items,
});

/** The server as it is. Sizes and health change by themselves: read anew each time the page is opened. */
export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => got(api.GET("/api/v1/settings")),
  staleTime: 0,
});
