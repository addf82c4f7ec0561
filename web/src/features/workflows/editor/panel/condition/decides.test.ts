import { expect, test } from "vitest";
import { deciding } from "@/flow/testing";
import { carryOut } from "../../commands/edit";
import { setDecides } from "./decides";

test("what stood in the branch `true` goes on below, the branch `false` goes", () => {
  const { flow } = carryOut(deciding, setDecides("paid", "continue"));
  expect(flow.nodes.map(({ key }) => key)).toEqual(["paid", "accept"]);
  expect(flow.nodes[0]).toMatchObject({ config: { mode: "continue" } });
  expect(flow.nodes[0]?.branches).toBeUndefined();
});

test("with branches there are two of them, empty", () => {
  const going = carryOut(deciding, setDecides("paid", "continue")).flow;
  const { flow } = carryOut(going, setDecides("paid", "branch"));
  expect(flow.nodes[0]).toMatchObject({ config: { mode: "branch" }, branches: { true: [], false: [] } });
  expect(flow.nodes.map(({ key }) => key)).toEqual(["paid", "accept"]);
  expect(carryOut(deciding, setDecides("nobody", "branch")).refused).toBe("not_found");
});
