// What whoever looks at the pages is allowed to do. The server decides; this is so that nobody is offered what is refused.

import { useQuery } from "@tanstack/react-query";
import type { Schema } from "./client";
import { meQuery } from "./queries";

export function useMay(scope: Schema["Scope"]): boolean {
  const { data } = useQuery(meQuery);
  return data !== undefined && (data.scopes.includes(scope) || data.scopes.includes("admin"));
}
