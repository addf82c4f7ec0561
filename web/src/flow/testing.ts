// Flows that tests begin with.

import type { Flow, FlowNode } from "./document";

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

/** Kinds as the server describes them, as far as commands look at them. */
export const kinds = new Map(
  [
    { kind: "condition", branches: ["true", "false"], ends: false, mode: null },
    { kind: "response", branches: [], ends: true, mode: "sync" as const },
    { kind: "end", branches: [], ends: true, mode: null },
    { kind: "http_request", branches: [], ends: false, mode: null },
    { kind: "delay", branches: [], ends: false, mode: null },
  ].map((kind) => [kind.kind, kind]),
);

/** A call, a decision over its result with a call in one branch, an answer: `call`, `ok` (`note` | ), `answer`. */
export const calling: Flow = {
  mode: "sync",
  trigger: { kind: "webhook" },
  nodes: [
    { key: "call", kind: "http_request", config: { url: "https://a.example/{{ trigger.body.id }}" } },
    {
      key: "ok",
      kind: "condition",
      config: { mode: "branch", rule: { left: "{{ nodes.call.status }}", operator: "equal", right: 200 } },
      branches: {
        true: [{ key: "note", kind: "http_request", config: { url: "https://b.example/{{nodes.call.body.id}}" } }],
        false: [],
      },
    },
    { key: "answer", kind: "response", config: { body: { noted: "{{ nodes.note.status }}" } } },
  ],
};

/** Keys in the order of the flow, branches in brackets: `call ok(note|) answer`. */
export function shape(nodes: FlowNode[]): string {
  return nodes
    .map(({ key, branches }) => (branches ? `${key}(${Object.values(branches).map(shape).join("|")})` : key))
    .join(" ");
}
