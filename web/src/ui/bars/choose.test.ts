import { expect, test } from "vitest";
import { moved } from "./choose";

test("arrows begin at the newest bar, move, stretch with Shift and stay inside", () => {
  let chosen = moved(null, "ArrowLeft", false, 10);
  expect(chosen).toMatchObject({ first: 9, last: 9 });
  chosen = moved(chosen ?? null, "ArrowLeft", true, 10);
  expect(chosen).toMatchObject({ first: 8, last: 9, anchor: 9 });
  chosen = moved(chosen ?? null, "Home", true, 10);
  expect(chosen).toMatchObject({ first: 0, last: 9 });
  expect(moved(chosen ?? null, "ArrowLeft", false, 10)).toMatchObject({ first: 0, last: 0 });
  expect(moved(null, "Tab", false, 10)).toBeUndefined();
});
