/** Statuses that are offered, with their names (RFC 9110); their meaning for a sender is in `fields:status`. */
export const STATUSES = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  410: "Gone",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

export type Known = keyof typeof STATUSES;

export function nameOf(status: number): string {
  return STATUSES[status as Known] ?? "";
}
