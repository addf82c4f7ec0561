import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import { isFiltered, matching, tagsOf, workflowFilter } from "./filter";

const item = (title: string, tags: string[], enabled: boolean) =>
  ({ title, tags, enabled, description: "", key: title.toLowerCase() }) as Schema["WorkflowItem"];
const ITEMS = [item("Payment", ["money"], true), item("CRM lead", ["sales", "money"], false)];

test("an address is read, and what it does not know is left out", () => {
  expect(workflowFilter({ q: 42, tag: "", state: "on", page: 3 })).toEqual({ q: "42", tag: undefined, state: "on" });
  expect(isFiltered(workflowFilter({ state: "broken" }))).toBe(false);
});

test("search, tag and state narrow the list together", () => {
  const titles = (filter: object) => matching(ITEMS, workflowFilter(filter as never)).map(({ title }) => title);
  expect(titles({})).toEqual(["Payment", "CRM lead"]);
  expect(titles({ q: " PAY " })).toEqual(["Payment"]);
  expect(titles({ q: "sales" })).toEqual(["CRM lead"]);
  expect(titles({ tag: "money", state: "off" })).toEqual(["CRM lead"]);
  expect(titles({ q: "pay", state: "off" })).toEqual([]);
  expect(tagsOf(ITEMS)).toEqual(["money", "sales"]);
});
