import { expect, test } from "vitest";
import { differences, equal } from "./differences";
import type { Flow } from "./document";
import { calling, deciding } from "./testing";

function changed(change: (flow: Flow) => void, flow = deciding): ReturnType<typeof differences> {
  const to = structuredClone(flow);
  change(to);
  return differences(flow, to);
}

test("the same is no difference, also with members that are undefined", () => {
  expect(changed(() => {})).toEqual([]);
  expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(equal([1], { 0: 1 })).toBe(false);
});

test("a field tells before and after; a rule is one thing", () => {
  const rule = { left: "{{ trigger.body.order.status }}", operator: "in", right: ["paid", "settled"] };
  const found = changed((flow) => {
    const [paid] = flow.nodes;
    if (!paid) return;
    paid.config.rule = rule;
    paid.title = "Settled?";
    const answer = paid.branches?.true?.[0];
    if (answer) answer.config.status = 202;
  });
  expect(found.map((each) => [each.what, "field" in each && each.field, "after" in each && each.after])).toEqual([
    ["changed", "title", "Settled?"],
    ["changed", "config.rule", rule],
    ["changed", "config.status", 202],
  ]);
});

test("added, removed, moved: only what really moved", () => {
  const found = changed((flow) => {
    const [call, ok, answer] = flow.nodes;
    if (call && ok && answer) flow.nodes = [ok, call, { key: "delay1", kind: "delay", config: {} }];
  }, calling);
  expect(found.map((each) => [each.what, "node" in each && each.node.key])).toEqual([
    ["moved", "ok"],
    ["added", "delay1"],
    ["removed", "answer"],
  ]);
});

test("into another branch is a move", () => {
  const found = changed((flow) => {
    const [paid] = flow.nodes;
    if (!paid?.branches) return;
    paid.branches = { true: [], false: [...(paid.branches.true ?? []), ...(paid.branches.false ?? [])] };
  });
  expect(found.map((each) => [each.what, "node" in each && each.node.key])).toEqual([["moved", "accept"]]);
});

test("the tables of the trigger tell by row, times and mode by themselves", () => {
  const found = changed((flow) => {
    flow.mode = "async";
    flow.timeout_ms = 5_000;
    flow.trigger.body?.push({ path: "order.id", alias: "Order" });
  });
  expect(found).toEqual([
    { what: "flow", field: "mode", before: "sync", after: "async" },
    { what: "flow", field: "timeout_ms", before: undefined, after: 5_000 },
    { what: "trigger", field: "body[order.id]", before: undefined, after: { path: "order.id", alias: "Order" } },
  ]);
});
