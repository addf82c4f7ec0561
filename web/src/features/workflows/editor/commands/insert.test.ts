import { expect, test } from "vitest";
import { answering, calling, deciding, kinds, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { insert } from "./insert";

const inside = { of: { node: "ok", branch: "false" }, index: 0 };

test("a node comes to every kind of place with a key of kind and number", () => {
  expect(shape(carryOut(calling, insert("delay", { of: null, index: 0 }, kinds)).flow.nodes)).toBe(
    "delay1 call ok(note|) answer",
  );
  expect(shape(carryOut(calling, insert("delay", inside, kinds)).flow.nodes)).toBe("call ok(note|delay1) answer");
  const twice = carryOut(carryOut(calling, insert("delay", inside, kinds)).flow, insert("delay", inside, kinds)).flow;
  expect(shape(twice.nodes)).toBe("call ok(note|delay2 delay1) answer");
});

test("a condition brings its branches along, empty", () => {
  const { flow } = carryOut(answering, insert("condition", { of: null, index: 0 }, kinds));
  expect(flow.nodes[0]).toMatchObject({ key: "condition1", branches: { true: [], false: [] } });
});

test("nothing follows what ends the flow, and what ends it goes before nothing", () => {
  expect(carryOut(answering, insert("delay", { of: null, index: 1 }, kinds)).refused).toBe("ends_flow");
  expect(carryOut(deciding, insert("delay", { of: null, index: 1 }, kinds)).refused).toBe("ends_flow");
  expect(carryOut(calling, insert("response", { of: null, index: 0 }, kinds)).refused).toBe("ends_before");
  expect(carryOut(calling, insert("response", inside, kinds)).refused).toBeUndefined();
});

test("what answers a caller stays out of asynchronous flows, and there are no places that are not there", () => {
  const flow = { ...deciding, mode: "async" as const, nodes: [] };
  expect(carryOut(flow, insert("response", { of: null, index: 0 }, kinds)).refused).toBe("sync_only");
  expect(carryOut(flow, insert("delay", { of: null, index: 7 }, kinds)).refused).toBe("no_place");
  expect(carryOut(flow, insert("delay", inside, kinds)).refused).toBe("no_place");
});
