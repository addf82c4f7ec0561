// What the list of requests shows, as it stands in the page's address.

export interface RequestFilter {
  outcome?: "accepted" | "refused";
  workflow?: string;
}

export function requestFilter(search: Record<string, unknown>): RequestFilter {
  const outcome = search.outcome === "accepted" || search.outcome === "refused" ? search.outcome : undefined;
  return { outcome, workflow: typeof search.workflow === "string" ? search.workflow : undefined };
}
