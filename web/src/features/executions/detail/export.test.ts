import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import { har, maskedExecution } from "./export";

const secret = "S3CRET-canary";
const execution = {
  id: "ex_1",
  event: {
    method: "POST",
    headers: [
      ["Authorization", `Bearer ${secret}`],
      ["Cookie", `sid=${secret}`],
      ["content-type", "application/json"],
    ],
    query_string: "a=1&b=%20",
    query: {},
    body: '{"a":1}',
    body_base64: null,
    remote_addr: "127.0.0.1",
    received_at: "2026-11-22T12:00:00.000100Z",
  },
  answer: {
    status: 200,
    headers: [["Set-Cookie", secret]],
    body: null,
    body_base64: "AAH/",
    sent_at: "2026-11-22T12:00:00.012100Z",
  },
  node_runs: [
    {
      node: "call",
      input: { headers: [{ name: "X-Api-Key", value: secret }] },
      result: { status: 200, headers: { "set-cookie": secret, age: "1" } },
    },
    { node: "pairs", input: { headers: [["authorization", secret]] }, result: true },
  ],
} as unknown as Schema["ExecutionView"];

test("no file holds what proves who somebody is", () => {
  const text = JSON.stringify([maskedExecution(execution), har(execution, "https://x.test/h")]);
  expect(text).not.toContain(secret);
  expect(text).toContain("application/json");
  expect(text).toContain('"age":"1"');
});

test("a HAR says what was sent, what was answered and how long it took", () => {
  const { log } = har(execution, "https://x.test/h") as { log: { entries: Record<string, never>[] } };
  expect(log.entries[0]).toMatchObject({
    time: 12,
    request: { method: "POST", url: "https://x.test/h?a=1&b=%20", bodySize: 7, postData: { text: '{"a":1}' } },
    response: { status: 200, bodySize: 3, content: { text: "AAH/", encoding: "base64", size: 3 } },
  });
});
