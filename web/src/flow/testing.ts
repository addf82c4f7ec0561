// Flows that tests begin with.

import type { Flow } from "./document";

/** A webhook that is answered at once. */
export const answering: Flow = {
  mode: "sync",
  trigger: { kind: "webhook" },
  nodes: [{ key: "response_1", kind: "response", config: { status: 200 } }],
};

/** A webhook whose status decides between two answers. */
export const deciding: Flow = {
  mode: "sync",
  trigger: { kind: "webhook", body: [{ path: "order.status", alias: "Status", example: "paid" }] },
  nodes: [
    {
      key: "paid",
      kind: "condition",
      title: "Paid?",
      config: { mode: "branch", rule: { left: "{{ trigger.body.order.status }}", operator: "equal", right: "paid" } },
      branches: {
        true: [{ key: "accept", kind: "response", config: { status: 200 } }],
        false: [{ key: "refuse", kind: "response", config: { status: 422 } }],
      },
    },
  ],
};
