// What the list of workflows shows, as it stands in the page's address.

import type { Schema } from "@/api/client";

export interface WorkflowFilter {
  /** Stands in the title, the description, a tag or the key. */
  q?: string;
  tag?: string;
  state?: "on" | "off";
}

export function workflowFilter(search: Record<string, unknown>): WorkflowFilter {
  // An address like `?q=42` is read as a number.
  const text = (value: unknown) => (value === undefined || value === "" ? undefined : String(value));
  const state = search.state === "on" || search.state === "off" ? search.state : undefined;
  return { q: text(search.q), tag: text(search.tag), state };
}

export function isFiltered({ q, tag, state }: WorkflowFilter): boolean {
  return q !== undefined || tag !== undefined || state !== undefined;
}

export function matching(items: readonly Schema["WorkflowItem"][], filter: WorkflowFilter): Schema["WorkflowItem"][] {
  const wanted = filter.q?.trim().toLowerCase() ?? "";
  return items.filter(
    ({ title, description, key, tags, enabled }) =>
      [title, description, key, ...tags].some((text) => text.toLowerCase().includes(wanted)) &&
      (filter.tag === undefined || tags.includes(filter.tag)) &&
      (filter.state === undefined || (filter.state === "on") === enabled),
  );
}

/** Every tag in use, in the order of the alphabet. */
export function tagsOf(items: readonly Schema["WorkflowItem"][]): string[] {
  return [...new Set(items.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b));
}
