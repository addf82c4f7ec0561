import { expect, test } from "vitest";
import { leaves, openAtFirst, rowsOf, search, step } from "./rows";

const order = { order: { id: 7, "total amount": 42.5, items: [{ sku: "A-17" }, { sku: "B" }] }, ok: true };

test("rows are the open part of the value, in its order", () => {
  const rows = rowsOf(order, "trigger.body", new Set(["trigger.body", "trigger.body.order"]));
  expect(rows.map(({ path, depth, size, place, of }) => [path, depth, size, place, of])).toEqual([
    ["trigger.body", 0, 2, 1, 1],
    ["trigger.body.order", 1, 3, 1, 2],
    ["trigger.body.order.id", 2, null, 1, 3],
    ['trigger.body.order["total amount"]', 2, null, 2, 3],
    ["trigger.body.order.items", 2, 2, 3, 3],
    ["trigger.body.ok", 1, null, 2, 2],
  ]);
});

test("keys that are no plain words stand in quotes", () => {
  expect(step("a", "b-c")).toBe("a.b-c");
  expect(step("a", 'say "x"')).toBe('a["say \\"x\\""]');
  expect(step("a", 3)).toBe("a[3]");
  expect(step("", "a")).toBe("a");
});

test("what was searched for is found in keys and values, with what has to be opened", () => {
  expect(search(order, "b", "a-17")).toEqual([
    { path: "b.order.items[0].sku", above: ["b.order.items[0]", "b.order.items", "b.order", "b"] },
  ]);
  expect(search(order, "b", "SKU").map(({ path }) => path)).toEqual(["b.order.items[0].sku", "b.order.items[1].sku"]);
  expect(search(order, "b", "nowhere")).toEqual([]);
});

test("a large list opens alone, a small tree whole", () => {
  expect(openAtFirst(order, "b")).toEqual(
    new Set(["b", "b.order", "b.order.items", "b.order.items[0]", "b.order.items[1]"]),
  );
  const large = { list: Array.from({ length: 5_000 }, () => ({ a: 1 })) };
  expect(openAtFirst(large, "b")).toEqual(new Set(["b"]));
});

test("5 MB open and are searched quickly, and a value nested 10,000 deep does not fall over", () => {
  const items = Array.from({ length: 40_000 }, (_, id) => ({
    id,
    name: `Customer number ${id}`,
    tags: ["a", "b"],
    note: "x".repeat(60),
  }));
  expect(JSON.stringify(items).length).toBeGreaterThan(5_000_000);
  const begun = performance.now();
  const rows = rowsOf(items, "b", openAtFirst(items, "b"));
  expect(rows).toHaveLength(40_001);
  expect(search(items, "b", "number 39999")).toHaveLength(1);
  expect(performance.now() - begun).toBeLessThan(2_000);
  let deep: unknown = 1;
  for (let level = 0; level < 10_000; level++) deep = [deep];
  expect(leaves(deep, "b")).toHaveLength(1);
  expect(search(deep, "b", "1", 5).length).toBe(1);
});
