// Fields: one value of a node, of the trigger or of the flow itself.

import { type Flow, find } from "@/flow/document";
import type { Command } from "./edit";

type Step = string | number;

/** Sets `value` at `path` below a node (as in `["config", "status"]`); `undefined` takes the field away. */
export function setInNode(key: string, path: Step[], value: unknown): Command {
  return (flow) => {
    const node = find(flow, key);
    if (!node) return "not_found";
    set(node, path, value);
    return undefined;
  };
}

/** The same below the trigger. */
export function setInTrigger(path: Step[], value: unknown): Command {
  return (flow) => {
    set(flow.trigger, path, value);
    return undefined;
  };
}

/** The same of the flow: its times. Its mode has a command of its own. */
export function setInFlow(field: "timeout_ms" | "answer_deadline_ms", value: number | undefined): Command {
  return (flow: Flow) => {
    set(flow, [field], value);
    return undefined;
  };
}

function set(target: object, path: Step[], value: unknown): void {
  const [last] = path.slice(-1);
  if (last === undefined) return;
  let at = target as Record<Step, unknown>;
  for (const [index, step] of path.slice(0, -1).entries()) {
    // What is on the way is made: a list before a number, an object before a name.
    at[step] ??= typeof path[index + 1] === "number" ? [] : {};
    at = at[step] as Record<Step, unknown>;
  }
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
}
