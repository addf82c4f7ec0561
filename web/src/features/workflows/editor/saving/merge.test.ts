import { expect, test } from "vitest";
import type { Flow } from "@/flow/document";
import { find } from "@/flow/document";
import { calling, kinds, shape } from "@/flow/testing";
import { type Command, carryOut } from "../commands/edit";
import { insert } from "../commands/insert";
import { remove } from "../commands/remove";
import { rename } from "../commands/rename";
import { setInFlow, setInNode, setInTrigger } from "../commands/set";
import { merge } from "./merge";

const after = (...commands: Command[]): Flow =>
  commands.reduce((flow, command) => carryOut(flow, command).flow, calling);

test("edits of different nodes, of the order and of the trigger come together by themselves", () => {
  const mine = after(rename("call", "Mine"), setInTrigger(["body"], [{ path: "a" }]));
  const theirs = after(rename("answer", "Theirs"), insert("delay", { of: null, index: 0 }, kinds));
  const { flow, conflicts } = merge(calling, mine, theirs);
  expect(conflicts).toEqual([]);
  expect(shape(flow.nodes)).toBe("delay1 call ok(note|) answer");
  expect([find(flow, "call")?.title, find(flow, "answer")?.title]).toEqual(["Mine", "Theirs"]);
  expect(flow.trigger.body).toEqual([{ path: "a" }]);
});

test("the same node edited on both sides is asked, and either answer holds", () => {
  const [mine, theirs] = [after(rename("note", "Mine")), after(rename("note", "Theirs"))];
  expect(merge(calling, mine, theirs).conflicts).toEqual([{ of: "node", key: "note" }]);
  for (const side of ["mine", "theirs"] as const) {
    const { flow } = merge(calling, mine, theirs, new Map([["node note", side]]));
    expect(find(flow, "note")?.title).toBe(side === "mine" ? "Mine" : "Theirs");
  }
});

test("an edit of what the other side took out is asked, and either answer holds", () => {
  const [mine, theirs] = [after(setInNode("note", ["config", "url"], "https://mine")), after(remove("note"))];
  expect(merge(calling, mine, theirs).conflicts).toEqual([{ of: "node", key: "note" }]);
  expect(find(merge(calling, mine, theirs).flow, "note")?.config.url).toBe("https://mine");
  expect(find(merge(calling, mine, theirs, new Map([["node note", "theirs"]])).flow, "note")).toBeUndefined();
  expect(find(merge(calling, theirs, mine, new Map([["node note", "theirs"]])).flow, "note")?.config.url).toBe(
    "https://mine",
  );
});

test("two orders are asked; the flow's own words too", () => {
  const mine = after(remove("call"), setInFlow("timeout_ms", 1));
  const theirs = after(remove("answer"), setInFlow("timeout_ms", 2));
  expect(merge(calling, mine, theirs).conflicts).toEqual([{ of: "flow" }, { of: "order" }]);
  expect(shape(merge(calling, mine, theirs, new Map([["order", "theirs"]])).flow.nodes)).toBe("call ok(note|)");
});

test("the same edit on both sides is none", () => {
  const both = after(rename("note", "Both"), remove("call"));
  expect(merge(calling, both, structuredClone(both))).toEqual({ flow: both, conflicts: [] });
});
