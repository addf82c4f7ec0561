// What holds for every sequence of commands: whatever was done can be undone to the start and done again to the end.

import { expect, test } from "vitest";
import type { Flow, Place } from "@/flow/document";
import { walk } from "@/flow/document";
import { keysOf } from "@/flow/keys";
import { calling, kinds } from "@/flow/testing";
import { createEditor } from "../store";
import { disable } from "./disable";
import { duplicate } from "./duplicate";
import type { Command } from "./edit";
import { insert } from "./insert";
import { setMode } from "./mode";
import { move, moveTo } from "./move";
import { clipping, paste, readNodes } from "./paste";
import { remove } from "./remove";
import { rename } from "./rename";
import { setInFlow, setInNode, setInTrigger } from "./set";
import { wrap } from "./wrap";

/** Numbers that look random and are the same every time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function places(flow: Flow): Place[] {
  const sequences: { of: Place["of"]; length: number }[] = [{ of: null, length: flow.nodes.length }];
  for (const { node } of walk(flow)) {
    for (const [branch, nodes] of Object.entries(node.branches ?? {})) {
      sequences.push({ of: { node: node.key, branch }, length: nodes.length });
    }
  }
  return sequences.flatMap(({ of, length }) => Array.from({ length: length + 1 }, (_, index) => ({ of, index })));
}

function any(flow: Flow, next: (below: number) => number): Command {
  const nodes = Array.from(walk(flow), ({ node }) => node);
  const node = nodes[next(nodes.length || 1)];
  const key = node?.key ?? "nobody";
  const all = places(flow);
  const place = all[next(all.length)] ?? { of: null, index: 0 };
  const kind = [...kinds.keys()][next(kinds.size)] ?? "delay";
  const commands: (() => Command)[] = [
    () => insert(kind, place, kinds),
    () => insert(kind, place, kinds),
    () => remove(key, [undefined, null, "true", "false"][next(4)]),
    () => duplicate(key, kinds),
    () => move(key, (["up", "down", "in", "out"] as const)[next(4)] ?? "up"),
    () => moveTo(key, place),
    () => wrap(key, kinds),
    () => disable(key, next(2) === 0),
    () => rename(key, ["", "A name", `Name ${next(100)}`][next(3)] ?? ""),
    () => setMode(next(2) === 0 ? "sync" : "async", kinds, next(2) === 0),
    () => paste(node ? (readNodes(clipping(node)) ?? []) : [], place, kinds),
    () => setInNode(key, ["config", "headers", 0, "name"], ["X-A", undefined][next(2)]),
    () => setInTrigger(["body"], [{ path: `p${next(9)}` }]),
    () => setInFlow("timeout_ms", next(2) === 0 ? next(9_999) : undefined),
  ];
  return (commands[next(commands.length)] ?? commands[0])?.() ?? (() => undefined);
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))("sequence %i", (seed) => {
  const next = numbers(seed);
  const start = structuredClone(calling);
  const editor = createEditor("k", start);
  for (let step = 0; step < 60; step++) {
    const { flow, edit } = editor.getState();
    edit("inserted", any(flow, next), next(3) === 0 ? "a field" : undefined);
    const now = editor.getState().flow;
    expect(keysOf(now).size).toBe([...walk(now)].length);
  }
  const end = structuredClone(editor.getState().flow);
  // Also over a reload: the past is kept as text.
  const kept = JSON.parse(JSON.stringify(editor.getState().past));
  editor.setState({ past: kept });
  const steps = kept.length;
  for (let step = 0; step < steps; step++) editor.getState().undo();
  expect(editor.getState().flow).toEqual(calling);
  expect(start).toEqual(calling);
  for (let step = 0; step < steps; step++) editor.getState().redo();
  expect(editor.getState().flow).toEqual(end);
});
