import { expect, test } from "vitest";
import { calling } from "@/flow/testing";
import { disable } from "./disable";
import { carryOut } from "./edit";

test("off is written, on is nothing", () => {
  const { flow } = carryOut(calling, disable("call", true));
  expect(flow.nodes[0]?.disabled).toBe(true);
  expect(carryOut(flow, disable("call", false)).flow).toEqual(calling);
  expect(carryOut(calling, disable("nobody", true)).refused).toBe("not_found");
});
