import { expect, test } from "vitest";
import type { Request } from "@/api/live";
import { asked, fits, requestFilter } from "./filter";

test("an address that makes sense is kept whole, everything else is left out", () => {
  const filter = { outcome: "refused", workflow: "abc", code: "hook.method", q: "A-17", range: "1h" } as const;
  expect(requestFilter(filter)).toEqual(filter);
  expect(requestFilter({ outcome: "lost", code: "<b>", q: 17 })).toEqual({ q: "17" });
  expect(asked({ q: "req_1", range: "1h" }, 0)).not.toHaveProperty("from");
});

test("what is told is held to the filter as the server would", () => {
  const item = {
    outcome: "refused",
    code: "hook.method",
    workflow_key: "abc",
    workflow_id: "wf_1",
    received_at: new Date().toISOString(),
  } as Request;
  expect(fits({ outcome: "refused", code: "hook.method", workflow: "wf_1" }, item)).toBe(true);
  expect(fits({ outcome: "accepted" }, item)).toBe(false);
  expect(fits({ code: "hook.off" }, item)).toBe(false);
  expect(fits({ q: "x" }, item)).toBe("unsure");
});
