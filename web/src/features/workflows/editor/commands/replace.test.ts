import { expect, test } from "vitest";
import { answering, calling } from "@/flow/testing";
import { carryOut } from "./edit";
import { replaceWith } from "./replace";

test("nothing of the old document is left, and it can be taken back", () => {
  const timed = { ...answering, timeout_ms: 5 };
  expect(carryOut(timed, replaceWith(calling)).flow).toEqual(calling);
  expect(carryOut(calling, replaceWith(timed)).flow).toEqual(timed);
});

test("the same document is no edit", () => {
  expect(carryOut(calling, replaceWith(structuredClone(calling))).patches).toEqual([]);
});
