import { equal } from "@/flow/differences";
import type { Flow } from "@/flow/document";
import type { Command } from "./edit";

/** Puts another document in the place of this one: a revision restored, what came from elsewhere. */
export function replaceWith(other: Flow): Command {
  return (flow) => {
    const target = flow as unknown as Record<string, unknown>;
    const source = other as unknown as Record<string, unknown>;
    for (const name of new Set([...Object.keys(target), ...Object.keys(source)])) {
      if (!(name in source)) delete target[name];
      else if (!equal(target[name], source[name])) target[name] = structuredClone(source[name]);
    }
    return undefined;
  };
}
