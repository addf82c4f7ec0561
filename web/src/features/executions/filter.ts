// What the list of executions shows, as it stands in the page's address.

export interface ExecutionFilter {
  status?: string;
  workflow?: string;
}

export function executionFilter(search: Record<string, unknown>): ExecutionFilter {
  const text = (name: string) => (typeof search[name] === "string" ? search[name] : undefined);
  return { status: text("status"), workflow: text("workflow") };
}
