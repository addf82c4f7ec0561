import { expect, test } from "vitest";
import { calling, kinds, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { wrap } from "./wrap";

test("a condition takes the node's place and the node its first branch", () => {
  expect(shape(carryOut(calling, wrap("answer", kinds)).flow.nodes)).toBe("call ok(note|) condition1(answer|)");
  expect(shape(carryOut(calling, wrap("note", kinds)).flow.nodes)).toBe("call ok(condition1(note|)|) answer");
  expect(carryOut(calling, wrap("nobody", kinds)).refused).toBe("not_found");
});

test("not deeper than the server reads", () => {
  let flow = calling;
  for (let times = 0; times < 31; times++) flow = carryOut(flow, wrap("note", kinds)).flow;
  expect(carryOut(flow, wrap("note", kinds)).refused).toBe("too_deep");
});
