// The request to try a workflow with before the first real one came in.

import type { Schema } from "@/api/client";
import type { Flow } from "@/flow/document";
import { exampleEvent } from "@/flow/example-event";

export type WrittenEvent = Schema["WrittenEvent"];

/** Made of the examples that the trigger declares; where there are none, an order, so that there is something to see. */
export function sampleEvent(flow: Flow): WrittenEvent {
  const declared = exampleEvent(flow);
  const hasAny = declared.headers.length > 0 || declared.query_string !== "" || declared.body !== undefined;
  if (hasAny) {
    // A declared Content-Type is an example like any other: there is one.
    const own = declared.headers.filter(([name]) => /^content-type$/i.test(name));
    const headers = own.length > 1 ? declared.headers.filter((line) => line !== own[0]) : declared.headers;
    return { method: "POST", ...declared, headers };
  }
  return {
    method: "POST",
    headers: [["Content-Type", "application/json"]],
    query_string: "",
    body: JSON.stringify({ order: { id: "A-17", status: "paid", total: 42.5 } }, null, 2),
  };
}
