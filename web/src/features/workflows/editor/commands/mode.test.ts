import { expect, test } from "vitest";
import { calling, deciding, kinds, shape } from "@/flow/testing";
import { carryOut } from "./edit";
import { setMode, unfit } from "./mode";

test("answers go first, all of them, wherever they stand", () => {
  expect(carryOut(deciding, setMode("async", kinds, false)).refused).toBe("sync_only");
  expect(unfit(deciding, "async", kinds).map(({ key }) => key)).toEqual(["accept", "refuse"]);
  const { flow } = carryOut(deciding, setMode("async", kinds, true));
  expect([flow.mode, shape(flow.nodes)]).toEqual(["async", "paid(|)"]);
  expect(shape(carryOut(calling, setMode("async", kinds, true)).flow.nodes)).toBe("call ok(note|)");
});

test("back to sync the answer of the trigger goes", () => {
  const flow = {
    ...deciding,
    mode: "async" as const,
    nodes: [],
    trigger: { kind: "webhook", answer: { status: 202 } },
  };
  expect(carryOut(flow, setMode("sync", kinds, false)).flow).toEqual({
    mode: "sync",
    trigger: { kind: "webhook" },
    nodes: [],
  });
});
