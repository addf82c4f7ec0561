import { expect, test } from "vitest";
import { answering } from "@/flow/testing";
import { carryOut } from "./edit";
import { setInNode, setInTrigger } from "./set";

test("a field is set where nothing was, and the flow before stays as it was", () => {
  const { flow } = carryOut(answering, setInNode("response_1", ["config", "headers", 0, "name"], "X-Got"));
  expect(flow.nodes[0]?.config.headers).toEqual([{ name: "X-Got" }]);
  expect(answering.nodes[0]?.config.headers).toBeUndefined();
});

test("nothing takes a field away, and a row out of a list", () => {
  const { flow } = carryOut(answering, setInNode("response_1", ["config", "status"], undefined));
  expect(flow.nodes[0]?.config).toEqual({});
  const two = carryOut(answering, setInTrigger(["body"], [{ path: "a" }, { path: "b" }])).flow;
  expect(carryOut(two, setInTrigger(["body", 0], undefined)).flow.trigger.body).toEqual([{ path: "b" }]);
});

test("a node that is gone is said", () => {
  expect(carryOut(answering, setInNode("nobody", ["title"], "x")).refused).toBe("not_found");
});
