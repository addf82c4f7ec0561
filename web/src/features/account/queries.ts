import { queryOptions } from "@tanstack/react-query";
import { api, got } from "@/api/client";

/** Whether the server waits for its first user. Open to everybody. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => got(api.GET("/api/v1/setup")),
  staleTime: 0,
});
