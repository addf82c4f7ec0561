import { expect, test } from "vitest";
import { find } from "@/flow/document";
import { answering, calling, kinds, shape } from "@/flow/testing";
import { duplicate } from "./duplicate";
import { carryOut } from "./edit";

test("a copy stands after it, with keys of its own inside too", () => {
  expect(shape(carryOut(calling, duplicate("ok", kinds)).flow.nodes)).toBe(
    "call ok(note|) condition1(http_request1|) answer",
  );
});

test("what a copy reads of itself it reads by the new key, the rest as before", () => {
  const flow = structuredClone(calling);
  flow.nodes[1]?.branches?.true?.push({
    key: "wait",
    kind: "delay",
    config: { amount: "{{ nodes.note.body.s + nodes.call.body.s }} nodes.note" },
  });
  const { flow: next } = carryOut(flow, duplicate("ok", kinds));
  expect(find(next, "delay1")?.config.amount).toBe("{{ nodes.http_request1.body.s + nodes.call.body.s }} nodes.note");
});

test("an answer has no second one after it", () => {
  expect(carryOut(answering, duplicate("response_1", kinds)).refused).toBe("ends_flow");
});
