// The requests that came to the workflow's URL, newest first, each with what became of it; live.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, got, type Schema } from "@/api/client";
import { listen } from "@/api/live";
import type { StatusWord } from "@/ui/status";

/** How many are shown; all of them are in the list of requests. */
export const CAPTURED_MAX = 20;

export interface Captured {
  /** `ex_…` of an accepted request, `req_…` of a refused one. */
  id: string;
  executionId: string | null;
  at: string;
  method: string;
  status: StatusWord;
  /** What the sender was answered; null while the answer is not known. */
  answer: number | null;
  /** Why it was refused. */
  code: string | null;
  detail: string | null;
}

type Requests = Schema["RequestItem"][];
type Executions = Record<string, Schema["ExecutionItem"]>;

export function useCaptured(key: string, workflowId: string): { items: Captured[]; isPending: boolean } {
  const queries = useQueryClient();
  const requests = useQuery({
    queryKey: ["captured", key],
    queryFn: async (): Promise<Requests> =>
      (await got(api.GET("/api/v1/requests", { params: { query: { workflow: key, limit: CAPTURED_MAX } } }))).items,
  });
  const executions = useQuery({
    queryKey: ["captured", key, "executions"],
    queryFn: async (): Promise<Executions> => {
      const query = { workflow: key, limit: 2 * CAPTURED_MAX };
      const { items } = await got(api.GET("/api/v1/executions", { params: { query } }));
      return Object.fromEntries(items.map((item) => [item.id, item]));
    },
  });
  useEffect(
    () =>
      listen({
        request: (request) => {
          if (request.workflow_id !== workflowId) return;
          queries.setQueryData<Requests>(["captured", key], (items = []) =>
            [request, ...items.filter(({ id }) => id !== request.id)].slice(0, CAPTURED_MAX),
          );
        },
        execution: (execution) => {
          if (execution.workflow_id !== workflowId) return;
          queries.setQueryData<Executions>(["captured", key, "executions"], (items = {}) => ({
            ...items,
            [execution.id]: execution,
          }));
        },
        gap: () => void queries.invalidateQueries({ queryKey: ["captured", key] }),
      }),
    [queries, key, workflowId],
  );
  const items = (requests.data ?? []).map((request): Captured => {
    const execution = request.execution_id ? executions.data?.[request.execution_id] : undefined;
    return {
      id: request.id,
      executionId: request.execution_id,
      at: request.received_at,
      method: request.method,
      status: request.outcome === "refused" ? "refused" : (execution?.status ?? "queued"),
      answer: request.status ?? execution?.answer_status ?? null,
      code: request.code,
      detail: (request as { detail?: string | null }).detail ?? null,
    };
  });
  return { items, isPending: requests.isPending };
}

/** Such a request as it came, to be tried again or learnt from. */
export function eventQuery({ id, executionId }: Pick<Captured, "id" | "executionId">) {
  return {
    queryKey: ["captured event", id],
    queryFn: async (): Promise<Schema["WrittenEvent"]> => {
      const whole = executionId
        ? (await got(api.GET("/api/v1/executions/{id}", { params: { path: { id: executionId } } }))).event
        : await got(api.GET("/api/v1/requests/{id}", { params: { path: { id } } }));
      const { method, headers, query_string, body, body_base64 } = whole;
      return { method, headers, query_string, ...(body_base64 === null ? { body } : { body_base64 }) };
    },
    staleTime: Number.POSITIVE_INFINITY,
  };
}
