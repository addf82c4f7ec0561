import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";

/** What was read from the server. The live feed says when it is old, so it is not asked again on its own. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // What the server refused it refuses again; what did not reach it is worth another try.
      retry: (times, error) => !(error instanceof ApiError) && times < 3,
    },
  },
});
