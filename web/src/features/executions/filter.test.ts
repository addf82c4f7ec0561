import { expect, test } from "vitest";
import type { Execution } from "@/api/live";
import { asked, executionFilter, fits } from "./filter";

test("an address that makes sense is kept whole, everything else is left out", () => {
  const filter = { status: "failed", workflow: "abc", answer: "4xx", q: "A-17", range: "7d" } as const;
  expect(executionFilter(filter)).toEqual(filter);
  expect(executionFilter({ status: "done", answer: 404, range: "2w", from: "yesterday", other: 1 })).toEqual({
    answer: "404",
  });
  const brushed = { from: "2026-11-22T10:00:00Z", to: "2026-11-22T11:00:00Z" };
  expect(executionFilter({ ...brushed, range: "1h" })).toEqual(brushed);
});

test("an id is looked for at all times", () => {
  expect(asked({ q: "ex_03ha", range: "1h" }, 0)).toMatchObject({ q: "ex_03ha" });
  expect(asked({ q: "ex_03ha" }, 0)).not.toHaveProperty("from");
  expect(asked({}, Date.parse("2026-11-22T10:00:00Z"))).toMatchObject({ from: "2026-11-21T10:00:00.000Z" });
});

test("what is told is held to the filter as the server would", () => {
  const item = {
    status: "failed",
    workflow_key: "abc",
    workflow_id: "wf_1",
    answer_status: 422,
    accepted_at: new Date().toISOString(),
  } as Execution;
  expect(fits({}, item)).toBe(true);
  expect(fits({ workflow: "wf_1", answer: "4xx", status: "failed" }, item)).toBe(true);
  expect(fits({ answer: "200" }, item)).toBe(false);
  expect(fits({ answer: "5xx" }, { ...item, answer_status: null })).toBe(false);
  expect(fits({ status: "succeeded" }, item)).toBe(false);
  expect(fits({ range: "1h" }, { ...item, accepted_at: "2020-01-01T00:00:00Z" })).toBe(false);
  expect(fits({ q: "A-17" }, item)).toBe("unsure");
});
