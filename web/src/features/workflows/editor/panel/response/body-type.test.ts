import { expect, test } from "vitest";
import { asType, bodyTypeOf, HTML } from "./body-type";

const page = [{ name: "content-type", value: "text/html" }];

test("the config tells what a body is", () => {
  expect(bodyTypeOf(undefined, [])).toBe("none");
  expect(bodyTypeOf(null, page)).toBe("none");
  expect(bodyTypeOf("a", [])).toBe("text");
  expect(bodyTypeOf("a", page)).toBe("html");
  expect(bodyTypeOf({}, page)).toBe("json");
  expect(bodyTypeOf([1], [])).toBe("json");
});

test("another type keeps what was written", () => {
  expect(asType("text", { a: 1 }, [])).toEqual({ body: '{\n  "a": 1\n}' });
  expect(asType("json", '{"a": "{{ trigger.body.x }}"}', [])).toEqual({ body: { a: "{{ trigger.body.x }}" } });
  expect(asType("json", "hello", [])).toEqual({ body: "hello" });
  expect(asType("json", undefined, [])).toEqual({ body: {} });
  expect(asType("none", "a", [])).toEqual({});
});

test("HTML brings its type, and takes it along", () => {
  const html = asType("html", "<p>", [
    { name: "X-A", value: "1" },
    { name: "CONTENT-TYPE", value: "a/b" },
  ]);
  expect(html.headers).toEqual([
    { name: "X-A", value: "1" },
    { name: "Content-Type", value: HTML },
  ]);
  expect(asType("text", html.body, html.headers ?? []).headers).toEqual([{ name: "X-A", value: "1" }]);
  expect(asType("text", "a", [{ name: "Content-Type", value: "text/csv" }]).headers).toHaveLength(1);
});
