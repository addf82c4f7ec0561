import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import type { Flow } from "@/flow/document";
import { deciding } from "@/flow/testing";
import { flowOfRuns, statusOf, stopToLookAt, wayOf } from "./way";

const run = (node: string, status: Schema["NodeStatus"], more: Partial<Schema["NodeRunView"]> = {}) =>
  ({
    node,
    kind: "condition",
    visit: "",
    attempt: 1,
    status,
    result: null,
    error: null,
    missing: [],
    ...more,
  }) as Schema["NodeRunView"];
const node = (key: string, more = {}) => ({ key, kind: "condition", config: {}, ...more });
const find = (flow: Flow, key: string) => flow.nodes.find((each) => each.key === key) as Flow["nodes"][number];

test("the branch that was taken is gone along, the other one is not", () => {
  const way = wayOf(deciding, [run("paid", "succeeded", { result: false }), run("refuse", "succeeded")]);
  const branches = find(deciding, "paid").branches as Record<string, Flow["nodes"]>;
  expect(way.taken(null, find(deciding, "paid"))).toBe(true);
  expect(way.taken({ node: "paid", branch: "false" }, branches.false?.[0] ?? null)).toBe(true);
  expect(way.taken({ node: "paid", branch: "true" }, branches.true?.[0] ?? null)).toBe(false);
  expect(statusOf(way, (branches.true as Flow["nodes"])[0] as Flow["nodes"][number], true)).toBe("skipped");
});

test("an empty branch is gone along by the condition's result, and what comes after it too", () => {
  const flow: Flow = {
    ...deciding,
    nodes: [node("c", { branches: { true: [node("a")], false: [] } }), node("z")],
  };
  const way = wayOf(flow, [run("c", "succeeded", { result: false }), run("z", "succeeded", { result: true })]);
  expect(way.taken({ node: "c", branch: "false" }, null)).toBe(true);
  expect(way.taken({ node: "c", branch: "true" }, null)).toBe(false);
  expect(way.taken({ node: "c", branch: "true" }, node("a"))).toBe(false);
  expect(way.taken(null, node("z"))).toBe(true);
  expect(way.taken(null, null)).toBe(true);
});

test("behind a failed node the line is dashed, and the failed one is looked at", () => {
  const flow: Flow = { ...deciding, nodes: [node("a"), node("b"), node("c")] };
  const way = wayOf(flow, [run("a", "succeeded"), run("b", "error")]);
  expect(way.taken(null, node("b"))).toBe(true);
  expect(way.taken(null, node("c"))).toBe(false);
  expect(way.taken(null, null)).toBe(false);
  expect(stopToLookAt(flow, way)).toBe("b");
});

test("disabled nodes are passed, ignored failures too", () => {
  const flow: Flow = { ...deciding, nodes: [node("a", { disabled: true }), node("b"), node("c")] };
  const way = wayOf(flow, [run("b", "error"), run("c", "succeeded")]);
  for (const key of ["a", "b", "c"]) expect(way.taken(null, node(key)), key).toBe(true);
  expect(statusOf(way, find(flow, "a"), true)).toBeUndefined();
});

test("attempts of a node are one stop; without a flow the nodes that ran are one line", () => {
  const runs = [run("a", "error"), run("a", "succeeded", { attempt: 2 }), run("b", "succeeded")];
  const flow = flowOfRuns("sync", runs);
  expect(flow.nodes.map(({ key }) => key)).toEqual(["a", "b"]);
  const way = wayOf(flow, runs);
  expect(way.runs.get("a")).toHaveLength(2);
  expect(way.last.get("a")?.attempt).toBe(2);
});
