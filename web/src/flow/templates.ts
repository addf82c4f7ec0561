// What a new workflow begins with. Without titles: a node without one is called by its kind, in the reader's language.

import type { Flow, Mode } from "./document";

export type TemplateName = "answering" | "deciding" | "empty";

/** Each can be published as it is. Only synchronous flows have Response nodes: the others answer by their trigger. */
export const templates: Record<TemplateName, (mode: Mode) => Flow> = {
  answering: (mode) => ({
    mode,
    trigger: { kind: "webhook" },
    nodes:
      mode === "sync"
        ? [{ key: "response_1", kind: "response", config: { status: 200, body: { received: true } } }]
        : [{ key: "end_1", kind: "end", config: { status: "succeeded" } }],
  }),
  deciding: (mode) => ({
    mode,
    trigger: { kind: "webhook", body: [{ path: "status", type: "text", example: "paid" }] },
    nodes: [
      {
        key: "condition_1",
        kind: "condition",
        config: {
          mode: "branch",
          rule: { left: "{{ trigger.body.status }}", operator: "equal", right: "paid" },
        },
        branches:
          mode === "sync"
            ? {
                true: [{ key: "response_1", kind: "response", config: { status: 200, body: { accepted: true } } }],
                false: [{ key: "response_2", kind: "response", config: { status: 422, body: { error: "not paid" } } }],
              }
            : {
                true: [{ key: "end_1", kind: "end", config: { status: "succeeded" } }],
                false: [{ key: "end_2", kind: "end", config: { status: "failed" } }],
              },
      },
    ],
  }),
  empty: (mode) => ({ mode, trigger: { kind: "webhook" }, nodes: [] }),
};
