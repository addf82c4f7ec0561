import { expect, test } from "vitest";
import { calling } from "@/flow/testing";
import { carryOut } from "./edit";
import { rename, TITLE_MAX } from "./rename";

test("a title is trimmed, cut to what may be, and taken away by nothing", () => {
  const { flow } = carryOut(calling, rename("call", "  Look up  "));
  expect(flow.nodes[0]?.title).toBe("Look up");
  expect(carryOut(flow, rename("call", " ")).flow).toEqual(calling);
  expect(carryOut(flow, rename("call", "x".repeat(300))).flow.nodes[0]?.title).toHaveLength(TITLE_MAX);
  expect(carryOut(calling, rename("nobody", "x")).refused).toBe("not_found");
});
