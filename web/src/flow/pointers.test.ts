import { expect, test } from "vitest";
import { pointerOf, walk } from "./document";
import { pointed } from "./pointers";
import { calling } from "./testing";

test("a pointer leads to its node, however deep, and back", () => {
  for (const { node } of walk(calling)) {
    expect(pointed(calling, `${pointerOf(calling, node.key)}/config/url`)).toEqual({ of: node.key, at: "/config/url" });
  }
  expect(pointed(calling, "/nodes/1/branches/true/0")).toEqual({ of: "note", at: "" });
});

test("the trigger, the flow and what is not there", () => {
  expect(pointed(calling, "/trigger/body/0/path")).toEqual({ of: "", at: "/body/0/path" });
  expect(pointed(calling, "/mode")).toEqual({ of: null, at: "/mode" });
  expect(pointed(calling, "/nodes/9/config")).toEqual({ of: null, at: "/nodes/9/config" });
});
