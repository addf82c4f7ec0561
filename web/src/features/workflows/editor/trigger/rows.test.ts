import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import type { DeclaredValue, Flow } from "@/flow/document";
import { deciding } from "@/flow/testing";
import { mergedHeaders, mergedPaths, rowMistakes, rowUses } from "./rows";

const item = (path: string, type: "text" | "number" | "object" | "list", example: unknown = null) =>
  ({ path, type, example, alias: null, new: true }) as Schema["RowView"];

test("parsing again keeps aliases, tells what is new, and leaves what is gone", () => {
  const before: DeclaredValue[] = [{ path: "a", alias: "Total", type: "text", example: "x" }, { path: "old" }];
  const merged = mergedPaths(before, {
    items: [item("a", "number", 1), item("b", "object"), item("b.c", "number", 2)],
    gone: [{ path: "old" }],
  });
  expect(merged).toEqual({
    rows: [
      { path: "a", alias: "Total", type: "number", example: 1 },
      { path: "b", type: "object" },
      { path: "b.c", type: "number", example: 2 },
      { path: "old" },
    ],
    fresh: ["b", "b.c"],
    gone: ["old"],
  });
});

test("headers of a request fill the table, but for those of the connection and of credentials", () => {
  const merged = mergedHeaders(
    [{ name: "X-Request-Id", alias: "Request" }, { name: "X-Old" }],
    [
      ["host", "h"],
      ["authorization", "Basic x"],
      ["cookie", "a=b"],
      ["x-request-id", "7"],
      ["content-type", "application/json"],
      ["x-tag", "a"],
      ["X-Tag", "b"],
    ],
  );
  expect(merged).toEqual({
    rows: [
      { name: "X-Request-Id", alias: "Request", example: "7" },
      { name: "X-Old" },
      { name: "x-tag", example: "a, b" },
    ],
    fresh: ["x-tag"],
    gone: ["X-Old"],
  });
});

test("what stands twice, is reserved, or never arrives is flagged", () => {
  const mistakes = rowMistakes({
    kind: "webhook",
    headers: [{ name: "X-Id", alias: "Id" }, { name: "x-id" }],
    query: [{ path: "constructor.a" }, { path: "ok", alias: "system" }],
    body: [{ path: "a" }, { path: "a" }, { path: "" }, { path: "id", alias: " ID " }, { path: "fine", alias: "Fine" }],
  });
  expect(Object.fromEntries(mistakes)).toEqual({
    "headers/1": "twice",
    "query/0": "never_arrives",
    "query/1": "alias_reserved",
    "body/1": "twice",
    "body/2": "no_path",
    "body/3": "alias_twice",
  });
});

test("uses are counted whatever way a path is written", () => {
  const flow: Flow = {
    ...deciding,
    trigger: {
      kind: "webhook",
      headers: [{ name: "X-Id" }],
      body: [{ path: "order.status" }, { path: "items[0].id" }, { path: "unused" }],
    },
    nodes: [
      ...deciding.nodes,
      {
        key: "r",
        kind: "response",
        config: {
          body: "{{ trigger.body['order'].status }} {{ trigger.headers['x-id'] }} {{ trigger.body.items.0.id }}",
        },
      },
    ],
  };
  expect(Object.fromEntries(rowUses(flow))).toEqual({ "headers/0": 1, "body/0": 2, "body/1": 1 });
});
