// What the list of executions shows, as it stands in the page's address.

import type { Schema } from "@/api/client";
import type { Execution } from "@/api/live";
import { isWithin, momentsOf, readSpan, type Span } from "@/lib/span";

type Status = Schema["Status"];

export const STATUSES: Status[] = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "error",
  "timed_out",
  "cancelled",
];

export interface ExecutionFilter extends Span {
  status?: Status;
  /** A key, or the id of a workflow that was deleted. */
  workflow?: string;
  /** A status code as `404`, or a class as `4xx`. */
  answer?: string;
  q?: string;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Addresses are written by hand and by other programs: what makes no sense is left out. */
export function executionFilter(search: Record<string, unknown>): ExecutionFilter {
  const status = STATUSES.find((each) => each === search.status);
  // A number in an address is read as one.
  const answer = String(search.answer ?? "");
  return {
    ...(status && { status }),
    ...(text(search.workflow) && { workflow: text(search.workflow) }),
    ...(/^[1-5](xx|\d\d)$/.test(answer) && { answer }),
    ...(search.q !== undefined && search.q !== "" && { q: String(search.q) }),
    ...readSpan(search),
  };
}

/** For the server. An id finds its execution whenever that was. */
export function asked(filter: ExecutionFilter, now: number) {
  const { status, workflow, answer, q } = filter;
  const moments = q?.startsWith("ex_") ? {} : momentsOf(filter, now);
  return { status, workflow, answer, q, ...moments };
}

/** Whether the list shows something that is told; with a text only the server knows. */
export function fits(filter: ExecutionFilter, item: Execution): boolean | "unsure" {
  if (filter.status && item.status !== filter.status) return false;
  if (filter.workflow && filter.workflow !== item.workflow_key && filter.workflow !== item.workflow_id) return false;
  if (filter.answer && !answers(filter.answer, item.answer_status)) return false;
  if (!isWithin(filter, item.accepted_at, Date.now())) return false;
  return filter.q ? "unsure" : true;
}

function answers(wanted: string, status: number | null): boolean {
  if (status === null) return false;
  return wanted.endsWith("xx") ? String(status).startsWith(wanted.slice(0, 1)) : String(status) === wanted;
}

const REMEMBERED = "hookflow.executions";

/** The list somebody came from, so that "next" and "previous" on one execution stay in it. */
export function remember(filter: ExecutionFilter): void {
  sessionStorage.setItem(REMEMBERED, JSON.stringify(filter));
}

export function remembered(): ExecutionFilter {
  try {
    return executionFilter(JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "{}"));
  } catch {
    return {};
  }
}
