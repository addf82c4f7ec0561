import { expect, test } from "vitest";
import { expressionsIn, pathsIn, readPath, soleExpression, writePath } from "./template";

test("expressions are found as the server finds them", () => {
  const sources = (text: string) => expressionsIn(text).spans.map((span) => span.source);
  expect(sources("a {{ trigger.body.x }} b {{nodes.y}}")).toEqual(["trigger.body.x", "nodes.y"]);
  expect(sources('{{ {"a": {"b": "}}"}} }}!')).toEqual(['{"a": {"b": "}}"}}']);
  expect(sources('{{ trigger.body["}}"] }}')).toEqual(['trigger.body["}}"]']);
  expect(sources("{{ $match(a, /}}/) }}")).toEqual(["$match(a, /}}/)"]);
  expect(sources("{{ 4 / 2 }} and {{ 1 /* }} */ }}")).toEqual(["4 / 2", "1 /* }} */"]);
  expect(sources("no braces { } }}")).toEqual([]);
  expect(expressionsIn("ab {{ trigger.").unclosed).toBe(3);
  const [span] = expressionsIn("x{{ a }}y").spans;
  expect([span?.from, span?.to]).toEqual([1, 8]);
});

test("a text that is one expression keeps the type of what it comes to", () => {
  expect(soleExpression("  {{ trigger.body }} ")).toBe("trigger.body");
  expect(soleExpression("{{ a }}{{ b }}")).toBeUndefined();
  expect(soleExpression("x {{ a }}")).toBeUndefined();
});

test("plain paths are read, anything else is not one", () => {
  expect(readPath("trigger.body.items[0].price")).toEqual(["trigger", "body", "items", 0, "price"]);
  expect(readPath("trigger.body.items.0.price")).toEqual(["trigger", "body", "items", 0, "price"]);
  expect(readPath("nodes.call.body[\"odd key\"]['it\\'s \"']")).toEqual([
    "nodes",
    "call",
    "body",
    "odd key",
    "it's \"",
  ]);
  expect(readPath("trigger.headers.x-request-id")).toEqual(["trigger", "headers", "x-request-id"]);
  expect(readPath("trigger.body.a01")).toEqual(["trigger", "body", "a01"]);
  for (const text of ["a + b", "items.$sum(price)", "trigger.body.", "a[01]", "a[-1]", "1", "a b", "", "a['x]"]) {
    expect(readPath(text), text).toBeUndefined();
  }
});

test("what is written of a path reads as the same path", () => {
  const keys = ["a", "a b", "0", "01", "it's", 'say "x"', "back\\slash", "new\nline", "é", "", "$x-y", "\\'", "'\\\""];
  for (const first of keys) {
    for (const second of [...keys, 0, 17]) {
      const steps = ["trigger", "body", first, second];
      expect(readPath(writePath(steps)), writePath(steps)).toEqual(steps);
    }
  }
});

test("paths inside JSONata are found, and what only looks like one is not", () => {
  expect(pathsIn("trigger.body.total * 1.2 + nodes.call.body.x")).toEqual([
    ["trigger", "body", "total"],
    ["nodes", "call", "body", "x"],
  ]);
  expect(pathsIn('$sum(trigger.body.items.(price)) & "nodes.none"')).toEqual([["trigger", "body", "items"]]);
  expect(pathsIn("$.nodes.x & mytrigger.body & a.trigger.body")).toEqual([]);
});
