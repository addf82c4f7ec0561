import { expect, test } from "vitest";
import { calling, kinds, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { clipping, paste, readNodes } from "./paste";
import { remove } from "./remove";

const place = { of: { node: "ok", branch: "false" }, index: 0 };
const [call, ok] = calling.nodes;

test("what was copied comes back with keys of its own, what was cut with its old one", () => {
  const copied = readNodes(clipping(call as never)) ?? [];
  expect(shape(carryOut(calling, paste(copied, place, kinds)).flow.nodes)).toBe("call ok(note|http_request1) answer");
  const cut = carryOut(calling, remove("call")).flow;
  expect(shape(carryOut(cut, paste(copied, place, kinds)).flow.nodes)).toBe("ok(note|call) answer");
});

test("branches come along", () => {
  expect(readNodes(clipping(ok as never))).toEqual([ok]);
});

test.each([
  "no JSON",
  "[]",
  "7",
  '"delay"',
  '{"kind": ""}',
  '{"kind": "delay", "config": []}',
  '{"kind": "condition", "branches": {"true": {}}}',
  '[{"kind": "delay"}, 3]',
  `{"kind":"condition","branches":{"true":[${"x".repeat(3)}]}}`,
])("%s holds no nodes", (text) => {
  expect(readNodes(text)).toBeUndefined();
});

test("what nobody knows is left out, what is missing is made", () => {
  expect(readNodes('{"kind": "delay", "key": "Not a key", "surprise": 1}')).toEqual([
    { key: "delay1", kind: "delay", config: {} },
  ]);
});

test("too deep is no nodes, and answers do not come into asynchronous flows", () => {
  let text = '{"kind":"delay"}';
  for (let depth = 0; depth < 40; depth++) text = `{"kind":"condition","branches":{"true":[${text}]}}`;
  expect(readNodes(text)).toBeUndefined();
  const asynchronous = { ...calling, mode: "async" as const, nodes: [] };
  const nodes = readNodes('{"kind":"response"}') ?? [];
  expect(carryOut(asynchronous, paste(nodes, { of: null, index: 0 }, kinds)).refused).toBe("sync_only");
});
