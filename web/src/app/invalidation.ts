// What is on the screen and changed on the server is read again.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { listen } from "@/api/live";
import { workflowsQuery } from "@/api/queries";

export function useInvalidation() {
  const queries = useQueryClient();
  useEffect(
    () =>
      listen({
        workflow: () => queries.invalidateQueries({ queryKey: workflowsQuery.queryKey }),
        gap: () => queries.invalidateQueries(),
      }),
    [queries],
  );
}
