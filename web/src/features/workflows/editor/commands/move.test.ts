import { expect, test } from "vitest";
import { calling, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { move, moveTo } from "./move";

const moved = (key: string, ...directions: Parameters<typeof move>[1][]) =>
  shape(directions.reduce((flow, direction) => carryOut(flow, move(key, direction)).flow, calling).nodes);

test("up and down pass the neighbour, and leave a branch at its ends", () => {
  expect(moved("call", "down")).toBe("ok(note|) call answer");
  expect(moved("answer", "up")).toBe("call answer ok(note|)");
  expect(moved("note", "up")).toBe("call note ok(|) answer");
  expect(moved("note", "down")).toBe("call ok(|) note answer");
});

test("in leads into the branch above, below, then beside; out leads back", () => {
  expect(moved("answer", "in")).toBe("call ok(note answer|)");
  expect(moved("call", "in")).toBe("ok(call note|) answer");
  expect(moved("call", "in", "in")).toBe("ok(note|call) answer");
  expect(moved("call", "in", "in", "out", "out")).toBe("ok(note|) call answer");
});

test("there is no way on at the ends, and none into itself", () => {
  expect(carryOut(calling, move("call", "up")).refused).toBe("no_place");
  expect(carryOut(calling, move("answer", "down")).refused).toBe("no_place");
  expect(carryOut(calling, move("call", "out")).refused).toBe("no_place");
  expect(carryOut(calling, moveTo("ok", { of: { node: "ok", branch: "false" }, index: 0 })).refused).toBe("no_place");
  expect(carryOut(calling, moveTo("nobody", { of: null, index: 0 })).refused).toBe("not_found");
});
