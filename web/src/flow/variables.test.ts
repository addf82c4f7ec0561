import { expect, test } from "vitest";
import type { Flow } from "./document";
import { exampleEvent } from "./example-event";
import { deciding } from "./testing";
import { brokenIn, matches, rows, search, valueAt, variablesAt } from "./variables";

const ends = (node: { kind: string }) => node.kind === "response" || node.kind === "end";
const paths = (flow: Flow, of: string, more: object = {}) =>
  [...rows(variablesAt(flow, of, { ends, ...more }))].map((row) => row.path);

const calling: Flow = {
  mode: "sync",
  trigger: {
    kind: "webhook",
    headers: [{ name: "X-Mark", alias: "Mark", example: "blue" }],
    query: [{ path: "page[0].n", example: 2 }],
    body: [
      { path: "order.id", alias: "Order", type: "number", example: 1042 },
      { path: '["odd key"]', example: true },
    ],
  },
  nodes: [
    {
      key: "large",
      kind: "condition",
      title: "Large?",
      config: {},
      branches: {
        true: [
          { key: "call", kind: "http_request", config: {} },
          { key: "yes", kind: "response", config: {} },
        ],
        false: [
          { key: "look", kind: "http_request", config: {} },
          { key: "no", kind: "response", config: {} },
        ],
      },
    },
    { key: "after", kind: "response", config: {} },
  ],
};

test("declared rows are there with their names, types and examples", () => {
  const all = [...rows(variablesAt(calling, "yes", { ends }))];
  expect(all.find((row) => row.path === "trigger.body.order.id")).toMatchObject({ alias: "Order", example: 1042 });
  expect(all.find((row) => row.path === "trigger.body.order")?.type).toBe("object");
  expect(all.find((row) => row.path === "trigger.headers.x-mark")).toMatchObject({ alias: "Mark", example: "blue" });
  expect(all.find((row) => row.path === "trigger.query.page[0].n")?.example).toBe(2);
  expect(all.find((row) => row.path === "trigger.body['odd key']")?.example).toBe(true);
});

test("nodes of the other branch are absent, those of both are there below", () => {
  expect(paths(calling, "yes").filter((path) => path.startsWith("nodes."))).toEqual([
    "nodes.large",
    "nodes.call",
    "nodes.call.status",
    "nodes.call.headers",
    "nodes.call.body",
  ]);
  expect(paths(calling, "no")).toContain("nodes.look");
  expect(paths(calling, "no")).not.toContain("nodes.call");
  expect(paths(calling, "after")).toEqual(expect.arrayContaining(["nodes.call", "nodes.look"]));
  expect(paths(calling, "after")).not.toContain("nodes.yes");
  expect(paths(calling, "large").some((path) => path.startsWith("nodes."))).toBe(false);
  expect(paths(calling, "").some((path) => path.startsWith("nodes."))).toBe(false);
});

test("a real request brings what nobody declared, and its values win", () => {
  const seen = {
    trigger: { headers: {}, query: {}, body: { order: { id: 7, lines: [{ n: 1 }, { n: 2 }] } }, method: "POST" },
    nodes: { large: true, call: { status: 201, body: { ok: true } } },
  };
  const all = [...rows(variablesAt(calling, "yes", { seen, ends }))];
  const row = (path: string) => all.find((each) => each.path === path);
  expect(row("trigger.body.order.id")).toMatchObject({ alias: "Order", type: "number", example: 7 });
  expect(row("trigger.body.order.lines[1].n")?.example).toBe(2);
  expect(row("nodes.call.body.ok")?.example).toBe(true);
  expect(row("nodes.call.status")?.example).toBe(201);
  expect(row("trigger.method")?.example).toBe("POST");
});

test("a request of any size gives a bounded tree", () => {
  const body = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, [[[{ a: index }]]]]));
  const seen = { trigger: { body }, nodes: {} };
  expect(paths(calling, "yes", { seen }).length).toBeLessThan(1_200);
});

test("secrets are there where the field takes them", () => {
  expect(paths(calling, "call")).not.toContain("secrets.token");
  expect(paths(calling, "call", { secrets: ["token"] })).toContain("secrets.token");
  expect(brokenIn(calling, "call", "secrets.token")).toBe("no_secrets");
  expect(brokenIn(calling, "call", "secrets.token", ["token"])).toBeUndefined();
  expect(brokenIn(calling, "call", "secrets.gone", ["token"])).toBe("unknown_secret");
});

test("rows are found by alias, path and value", () => {
  const found = (text: string) => [...rows(search(variablesAt(calling, "yes", { ends }), text))].map((row) => row.path);
  expect(found("order")).toContain("trigger.body.order.id");
  expect(found("1042")).toEqual(["trigger.body", "trigger.body.order", "trigger.body.order.id"]);
  expect(found("mark")).toEqual(["trigger.headers", "trigger.headers.x-mark"]);
  expect(found("large?")).toEqual(["nodes.large"]);
  expect(found("body odd")).toEqual(["trigger.body", "trigger.body['odd key']"]);
  expect(found("nothing such")).toEqual([]);
  const best = (text: string) => matches(variablesAt(calling, "yes", { ends }), text).map((row) => row.path);
  expect(best("1042")).toEqual(["trigger.body.order.id"]);
  expect(best("ord")[0]).toBe("trigger.body.order");
  expect(best("stat")[0]).toBe("nodes.call.status");
});

test("a reference that leads nowhere is told, with why", () => {
  const cases: [string, string | undefined][] = [
    ["trigger.body.whatever.comes", undefined],
    ["nodes.call.body", undefined],
    ["nodes.look.body", "later_node"],
    ["nodes.gone", "no_node"],
    ["trigger.boddy.x", "unknown_member"],
    ["request.body", "unknown_root"],
    ["$sum(nodes.gone.x) + 1", "no_node"],
    ["system.now", undefined],
    ["1 + 1", undefined],
    ["true", undefined],
  ];
  for (const [source, broken] of cases) expect(brokenIn(calling, "yes", source), source).toBe(broken);
  expect(brokenIn(calling, "yes", "nodes.yes")).toBe("later_node");
});

test("a key below a list maps over it", () => {
  const seen = { trigger: { body: { items: [{ p: 1, t: ["a"] }, { p: 2, t: ["b", "c"] }, {}] } }, nodes: {} };
  expect(valueAt(seen, ["trigger", "body", "items", "p"])).toEqual([1, 2]);
  expect(valueAt(seen, ["trigger", "body", "items", "t"])).toEqual(["a", "b", "c"]);
  expect(valueAt(seen, ["trigger", "body", "items", 1, "p"])).toBe(2);
  expect(valueAt(seen, ["trigger", "body", "none", "p"])).toBeUndefined();
  expect(valueAt(seen, ["trigger", "body", "toString"])).toBeUndefined();
});

test("the declared examples make a request", () => {
  expect(exampleEvent(calling)).toEqual({
    headers: [
      ["Content-Type", "application/json"],
      ["X-Mark", "blue"],
    ],
    query_string: "page%5B0%5D%5Bn%5D=2",
    body: '{"order":{"id":1042},"odd key":true}',
  });
  expect(exampleEvent(deciding).body).toBe('{"order":{"status":"paid"}}');
  expect(exampleEvent({ ...deciding, trigger: { kind: "webhook" } })).toEqual({ headers: [], query_string: "" });
});
