import { current } from "mutative";
import { copies } from "@/flow/copies";
import { find, placeOf } from "@/flow/document";
import { keysOf } from "@/flow/keys";
import type { Command, Kinds } from "./edit";
import { put } from "./put";

/** Puts a copy of a node, with everything in its branches, right after it. */
export function duplicate(key: string, kinds: Kinds): Command {
  return (flow) => {
    const node = find(flow, key);
    const place = placeOf(flow, key);
    if (!node || !place) return "not_found";
    return put(flow, copies([plain(node)], keysOf(flow)), { ...place, index: place.index + 1 }, kinds);
  };
}

/** Drafts are worth nothing outside their edit. */
function plain<T extends object>(node: T): T {
  return current(node) as T;
}
