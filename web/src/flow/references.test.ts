import { expect, test } from "vitest";
import type { Flow } from "./document";
import { brokenReferences, pointerTo, references, usersOf } from "./references";
import { calling } from "./testing";

test("every template is found with who reads it and where", () => {
  expect(references(calling)).toEqual([
    { of: "call", at: "/config/url", path: ["trigger", "body", "id"] },
    { of: "ok", at: "/config/rule/left", path: ["nodes", "call", "status"], node: "call" },
    { of: "note", at: "/config/url", path: ["nodes", "call", "body", "id"], node: "call" },
    { of: "answer", at: "/config/body/noted", path: ["nodes", "note", "status"], node: "note" },
  ]);
  expect(usersOf(calling, "call")).toEqual(["ok", "note"]);
});

function reading(of: "call" | "other", key: string): Flow {
  const flow = structuredClone(calling);
  if (of === "call" && flow.nodes[0]) flow.nodes[0].config.url = `{{ nodes.${key}.body }}`;
  flow.nodes[1]?.branches?.false?.push({ key: "other", kind: "delay", config: { amount: `{{ nodes.${key}.body }}` } });
  if (of === "call") flow.nodes[1]?.branches?.false?.pop();
  return flow;
}

test.each([
  ["call", "nobody", "gone"],
  ["call", "answer", "later"],
  ["call", "call", "later"],
  ["other", "note", "elsewhere"],
  ["other", "answer", "later"],
] as const)("%s can't read %s: %s", (of, key, broken) => {
  const flow = reading(of, key);
  expect(brokenReferences(flow)).toMatchObject([{ of, node: key, broken }]);
});

test("an expression reads without braces, and a quoted text reads nothing", () => {
  const flow = structuredClone(calling);
  if (flow.nodes[1]) flow.nodes[1].config.rule = { expression: 'nodes.gone.x = "nodes.other.y" and trigger.query.a' };
  expect(references(flow).filter(({ of }) => of === "ok")).toEqual([
    { of: "ok", at: "/config/rule/expression", path: ["nodes", "gone", "x"], node: "gone", broken: "gone" },
    { of: "ok", at: "/config/rule/expression", path: ["trigger", "query", "a"] },
  ]);
});

test("the answer of the trigger can read no node, and pointers are escaped", () => {
  const flow: Flow = {
    mode: "async",
    trigger: { kind: "webhook", answer: { body: { "a/b~": "{{ nodes.call.body }}" } } },
    nodes: calling.nodes,
  };
  const [broken] = brokenReferences(flow);
  expect(broken).toMatchObject({ of: "", broken: "later" });
  expect(broken && pointerTo(flow, broken)).toBe("/trigger/answer/body/a~1b~0");
});
