// The request that previews and the picker work with: the one that was chosen, or else the latest that came in.

import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, got } from "@/api/client";
import { listen } from "@/api/live";
import { type Subject, useEditor } from "../store";

/** The latest execution of a workflow; null when there is none. A sender's goes before a test's. */
const latestQuery = (key: string) =>
  queryOptions({
    queryKey: ["latest-execution", key],
    queryFn: async () => {
      const { items } = await got(api.GET("/api/v1/executions", { params: { query: { workflow: key, limit: 10 } } }));
      return items.find((item) => !item.test) ?? items[0] ?? null;
    },
  });

export interface Chosen {
  /** Null: no request has come in, so the declared examples are all there is. */
  subject: Subject | null;
  /** When the latest request came in, if that is what it is. */
  at?: string;
  isLoading: boolean;
}

export function useSubject(): Chosen {
  const key = useEditor((editor) => editor.key);
  const chosen = useEditor((editor) => editor.subject);
  const { data: latest, isLoading } = useQuery({ ...latestQuery(key), enabled: chosen === null });
  if (chosen) return { subject: chosen, isLoading: false };
  if (!latest) return { subject: null, isLoading };
  return { subject: { kind: "execution", id: latest.id, label: latest.id }, at: latest.accepted_at, isLoading };
}

/** A request that comes in while the drawer is open becomes the latest. */
export function useFollowLatest() {
  const key = useEditor((editor) => editor.key);
  const queries = useQueryClient();
  useEffect(() => {
    const again = () => queries.invalidateQueries({ queryKey: latestQuery(key).queryKey });
    return listen({
      execution: (item) => {
        const known = queries.getQueryData(latestQuery(key).queryKey);
        if (item.workflow_key === key && !item.test && (known === null || (known && item.id > known.id))) again();
      },
      gap: again,
    });
  }, [key, queries]);
}
