import { expect, test } from "vitest";
import { distance, similar } from "./similar";

const there = [
  "trigger.body.order.id",
  "trigger.body.order.amount",
  "trigger.body.customer.email",
  "trigger.query.page",
];

test("a path that is alike is offered, one that is not is not", () => {
  expect(similar("trigger.body.amount", there)).toEqual(["trigger.body.order.amount"]);
  expect(similar("trigger.body.order.amout", there)).toEqual(["trigger.body.order.amount"]);
  expect(similar("trigger.body.customerEmail", there)).toEqual(["trigger.body.customer.email"]);
  expect(similar("trigger.body.zebra", there)).toEqual([]);
  expect(similar("trigger.body.x", [])).toEqual([]);
});

test("letters that differ are counted up to a bound", () => {
  expect(distance("total", "totl")).toBe(1);
  expect(distance("total", "total")).toBe(0);
  expect(distance("abc", "xyz")).toBe(3);
  expect(distance("abc", "uvwxyz")).toBe(4);
  expect(distance("abc", "tuvwxyz")).toBe(4);
});
