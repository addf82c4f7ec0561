// What the list of requests shows, as it stands in the page's address.

import type { Request } from "@/api/live";
import { isWithin, momentsOf, readSpan, type Span } from "@/lib/span";

export interface RequestFilter extends Span {
  outcome?: "accepted" | "refused";
  workflow?: string;
  /** Refused with this code, as `hook.method`. */
  code?: string;
  q?: string;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

export function requestFilter(search: Record<string, unknown>): RequestFilter {
  const outcome = search.outcome === "accepted" || search.outcome === "refused" ? search.outcome : undefined;
  const code = text(search.code);
  return {
    ...(outcome && { outcome }),
    ...(text(search.workflow) && { workflow: text(search.workflow) }),
    ...(code && /^[a-z_.]+$/.test(code) && { code }),
    ...(search.q !== undefined && search.q !== "" && { q: String(search.q) }),
    ...readSpan(search),
  };
}

/** For the server. An id finds its request whenever that was. */
export function asked(filter: RequestFilter, now: number) {
  const { outcome, workflow, code, q } = filter;
  const moments = q && /^(ex|req)_/.test(q) ? {} : momentsOf(filter, now);
  return { outcome, workflow, code, q, ...moments };
}

/** Whether the list shows something that is told; with a text only the server knows. */
export function fits(filter: RequestFilter, item: Request): boolean | "unsure" {
  if (filter.outcome && item.outcome !== filter.outcome) return false;
  if (filter.workflow && filter.workflow !== item.workflow_key && filter.workflow !== item.workflow_id) return false;
  if (filter.code && item.code !== filter.code) return false;
  if (!isWithin(filter, item.received_at, Date.now())) return false;
  return filter.q ? "unsure" : true;
}
