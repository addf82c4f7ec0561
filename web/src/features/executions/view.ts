// What of one execution is looked at, as it stands in the page's address.

export const TABS = ["request", "nodes", "answer", "notes"] as const;
export type Tab = (typeof TABS)[number];

export interface ExecutionView {
  /** Without it, what is of most use. */
  tab?: Tab;
  /** A node's key; `""` is the trigger. */
  node?: string;
}

export function executionView(search: Record<string, unknown>): ExecutionView {
  const tab = TABS.find((each) => each === search.tab);
  return { ...(tab && { tab }), ...(search.node !== undefined && { node: String(search.node) }) };
}
