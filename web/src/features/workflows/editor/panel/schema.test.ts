import { expect, test } from "vitest";
import { fieldsOf, type JsonSchema, nameAndUnit } from "./schema";

const schema: JsonSchema = {
  type: "object",
  properties: {
    method: { $ref: "#/$defs/Method", description: "The method.", default: "GET" },
    url: { type: "string", "x-secrets": true },
    headers: { type: "array", items: { $ref: "#/$defs/Pair" } },
    names: { type: "array", items: { type: "string" } },
    body: { description: "Anything." },
    timeout_ms: { type: "integer", minimum: 1, maximum: 10 },
    retry: { anyOf: [{ $ref: "#/$defs/Retry" }, { type: "null" }], description: "Tries again.", default: null },
    fail: { type: ["string", "null"] },
    mode: { enum: ["a", "b"] },
    on: { type: "boolean" },
  },
  required: ["url"],
  $defs: {
    Method: {
      oneOf: [
        { type: "string", const: "GET", description: "Reads." },
        { type: "string", const: "PUT" },
      ],
    },
    Pair: { type: "object", properties: { name: { type: "string" }, value: { type: "string", "x-secrets": true } } },
    Retry: { type: "object", properties: { attempts: { type: "integer" } }, description: "When." },
  },
};

test("each part of a schema becomes its field", () => {
  const fields = fieldsOf(schema);
  expect(Object.fromEntries(fields.map(({ name, field }) => [name, field.kind]))).toEqual({
    method: "choice",
    url: "text",
    headers: "pairs",
    names: "any",
    body: "any",
    timeout_ms: "number",
    retry: "object",
    fail: "text",
    mode: "choice",
    on: "boolean",
  });
  const by = (name: string) => fields.find((field) => field.name === name);
  expect(by("method")).toMatchObject({ help: "The method.", required: false, optional: false });
  expect(by("method")?.field).toMatchObject({ options: [{ value: "GET", detail: "Reads." }, { value: "PUT" }] });
  expect(by("url")?.required).toBe(true);
  expect(by("headers")?.field).toMatchObject({ secrets: true });
  expect(by("retry")).toMatchObject({ optional: true, help: "Tries again." });
  expect(by("fail")?.optional).toBe(true);
});

test("names become words and units", () => {
  expect(nameAndUnit("timeout_ms")).toEqual({ words: "Timeout", unit: "ms" });
  expect(nameAndUnit("answer_bytes_max")).toEqual({ words: "Answer bytes max", unit: "bytes" });
  expect(nameAndUnit("ignore_failure")).toEqual({ words: "Ignore failure", unit: undefined });
});
