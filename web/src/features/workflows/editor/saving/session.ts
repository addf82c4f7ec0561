// A draft being edited in this window: read when the page opens, saved as it changes, followed when others save.

import { queryOptions, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { listen } from "@/api/live";
import { workflowQuery } from "@/api/queries";
import type { Flow } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { say } from "@/ui/toast";
import { type Draft, type Drafts, openDraft, type Session } from "./saver";

const asDraft = ({ edit, problems, flow }: Schema["DraftView"]): Draft => ({
  edit,
  problems,
  flow: flow as unknown as Flow,
});

function draftsOf(key: string): Drafts {
  const params = { path: { key } };
  return {
    get: async () => asDraft(await got(api.GET("/api/v1/workflows/{key}/draft", { params }))),
    put: async (flow, edit, last) =>
      asDraft(
        await got(
          api.PUT("/api/v1/workflows/{key}/draft", {
            params: { ...params, header: { "If-Match": `"${edit}"` } },
            body: flow as never,
            // The browser sends what is not too long even when the page is gone.
            keepalive: last,
          }),
        ),
      ),
  };
}

/** The draft as it is when the editor is opened: what comes later comes by itself. */
const draftQuery = (key: string) =>
  queryOptions({
    queryKey: ["opened draft", key],
    queryFn: () => draftsOf(key).get(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export function useSession(key: string): Session {
  const { t } = useTranslation("editor");
  const queries = useQueryClient();
  const { data: draft } = useSuspenseQuery(draftQuery(key));
  // A session begins with a draft; what becomes of the draft then is the session's business.
  const [session] = useState(() => openDraft(key, draft, draftsOf(key), () => say(t("saving.merged"))));
  useEffect(() => {
    const stop = session.start();
    return () => {
      stop();
      // Whoever comes back begins here; what others save meanwhile is heard of.
      queries.setQueryData(draftQuery(key).queryKey, session.saved());
    };
  }, [session, queries, key]);
  useFollowed(key, session);
  return session;
}

/** When others change the workflow, the page hears of it. */
function useFollowed(key: string, session: Session) {
  const queries = useQueryClient();
  const { data: workflow } = useQuery(workflowQuery(key));
  useEffect(() => {
    const again = () => void queries.invalidateQueries({ queryKey: workflowQuery(key).queryKey, exact: true });
    return listen({ workflow: (heard) => heard.id === workflow?.id && again(), gap: again });
  }, [queries, key, workflow?.id]);
  const edit = workflow?.draft_edit ?? 0;
  useEffect(() => session.heard(edit), [session, edit]);
}
