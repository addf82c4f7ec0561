// Whether a workflow's draft is what answers. The list does not say so, so it is worked out from the documents, for
// rows that are seen.

import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useState } from "react";
import { api, got, type Schema } from "@/api/client";

/** The first save makes the draft that is published with it. */
const NEVER_EDITED = 1;

export function useDraftDiffers(
  { key, draft_edit, revision }: Schema["WorkflowItem"],
  row: RefObject<Element | null>,
): boolean {
  const seen = useSeen(row);
  const { data } = useQuery({
    queryKey: ["draft-differs", key, draft_edit, revision],
    queryFn: async () => {
      const document = (live: boolean) =>
        got(api.GET("/api/v1/workflows/{key}/export", { params: { path: { key }, query: { live } } }));
      const [draft, live] = await Promise.all([document(false), document(true)]);
      return JSON.stringify(draft) !== JSON.stringify(live);
    },
    enabled: seen && revision !== null && draft_edit > NEVER_EDITED,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? false;
}

function useSeen(element: RefObject<Element | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !element.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen, element]);
  return seen;
}
