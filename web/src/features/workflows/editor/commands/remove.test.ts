import { expect, test } from "vitest";
import { brokenReferences } from "@/flow/references";
import { calling, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { remove } from "./remove";

test("a node goes, and what read it is left as it is, broken", () => {
  const { flow } = carryOut(calling, remove("call"));
  expect(shape(flow.nodes)).toBe("ok(note|) answer");
  expect(brokenReferences(flow).map(({ of }) => of)).toEqual(["ok", "note"]);
});

test("with nodes in its branches it asks which to keep", () => {
  expect(carryOut(calling, remove("ok")).refused).toBe("has_branches");
  expect(shape(carryOut(calling, remove("ok", "true")).flow.nodes)).toBe("call note answer");
  expect(shape(carryOut(calling, remove("ok", "false")).flow.nodes)).toBe("call answer");
  expect(shape(carryOut(calling, remove("ok", null)).flow.nodes)).toBe("call answer");
});

test("what is gone is said", () => {
  expect(carryOut(calling, remove("nobody")).refused).toBe("not_found");
});
