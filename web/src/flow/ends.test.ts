import { expect, test } from "vitest";
import type { FlowNode } from "./document";
import { goesOn } from "./ends";
import { answering, calling, deciding } from "./testing";

const ends = (node: FlowNode) => node.kind === "response";

test("a flow goes past its end where a branch does not answer", () => {
  expect(goesOn(answering.nodes, ends)).toBe(false);
  expect(goesOn(deciding.nodes, ends)).toBe(false);
  expect(goesOn(calling.nodes, ends)).toBe(false);
  expect(goesOn(calling.nodes.slice(0, 2), ends)).toBe(true);
  expect(goesOn([], ends)).toBe(true);
});

test("a node that is off ends nothing", () => {
  expect(goesOn([{ key: "a", kind: "response", disabled: true, config: {} }], ends)).toBe(true);
});
