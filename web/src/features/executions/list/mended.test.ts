import { expect, test } from "vitest";
import { mendedOf } from "./mended";

test("a replay of a replay makes the first one good too, a failed one nothing", () => {
  const all = [
    { id: "c", status: "succeeded", replay_of: "b" },
    { id: "b", status: "failed", replay_of: "a" },
    { id: "a", status: "failed", replay_of: null },
    { id: "y", status: "error", replay_of: "x" },
    { id: "x", status: "error", replay_of: null },
  ] as const;
  expect([...mendedOf(all)].sort()).toEqual(["a", "b"]);
});
