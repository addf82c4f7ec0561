// The draft run for a request, in the server and nowhere else: what is live is not touched, and nothing is published.

import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { listen } from "@/api/live";
import { executionQuery } from "@/api/queries";
import { walk } from "@/flow/document";
import { useEditorStore } from "../store";

/** Kinds that only compute, answer or wait. All others reach out of the server. */
const INSIDE = ["condition", "response", "end", "delay"];
const WARNED = "hookflow.effects-warned";

export interface Running {
  run: (event: Schema["WrittenEvent"]) => void;
  result: UseMutationResult<Schema["ExecutionView"], Error, Schema["WrittenEvent"]>;
  /** Whether a test should be asked about first: it calls other systems, and nobody was told in this session. */
  warns: () => boolean;
  /** Nobody needs to be told again. */
  warned: () => void;
}

export function useRunning(): Running {
  const store = useEditorStore();
  const queries = useQueryClient();
  const result = useMutation({
    mutationFn: async (event: Schema["WrittenEvent"]) => {
      const { key, flush } = store.getState();
      // The server runs the draft it has.
      await flush();
      // A long one is shown from its beginning: the call comes back when it has ended.
      const stop = listen({
        execution: ({ id, test, workflow_key }) => {
          if (test && workflow_key === key) store.setState({ shown: id });
        },
      });
      try {
        return await got(api.POST("/api/v1/workflows/{key}/test", { params: { path: { key } }, body: { event } }));
      } finally {
        stop();
      }
    },
    onSuccess: (execution) => {
      queries.setQueryData(executionQuery(execution.id).queryKey, execution);
      store.setState({ shown: execution.id });
    },
  });
  return {
    run: (event) => result.mutate(event),
    result,
    warns: () =>
      sessionStorage.getItem(WARNED) === null &&
      [...walk(store.getState().flow)].some(({ node }) => !node.disabled && !INSIDE.includes(node.kind)),
    warned: () => sessionStorage.setItem(WARNED, "yes"),
  };
}
