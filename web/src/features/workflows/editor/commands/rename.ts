import { find } from "@/flow/document";
import type { Command } from "./edit";

/** Characters of a title (domain::flow::limits). */
export const TITLE_MAX = 200;

/** Gives a node a title; an empty one gives it back the name of its kind. Its key stays for ever. */
export function rename(key: string, title: string): Command {
  return (flow) => {
    const node = find(flow, key);
    if (!node) return "not_found";
    const trimmed = title.trim().slice(0, TITLE_MAX);
    if (trimmed) node.title = trimmed;
    else delete node.title;
    return undefined;
  };
}
