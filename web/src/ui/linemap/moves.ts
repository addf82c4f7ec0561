// Where an arrow key leads on the line map.

import { type Flow, find, placeOf, sequenceAt, walk } from "@/flow/document";

export type Direction = "next" | "previous" | "left" | "right" | "first" | "last";

/** The stop beside `from` (`""`: the trigger) in a direction; undefined where there is none. */
export function neighbor(flow: Flow, from: string, direction: Direction): string | undefined {
  const stops = ["", ...Array.from(walk(flow), ({ node }) => node.key)];
  const at = stops.indexOf(from);
  switch (direction) {
    case "next":
      return stops[at + 1];
    case "previous":
      return stops[at - 1];
    case "first":
      return stops[0];
    case "last":
      return stops.at(-1);
    default:
      return beside(flow, from, direction === "right" ? 1 : -1);
  }
}

/** The stop in the branch beside, as far down as this one is; from a branching node to the right: into its last branch. */
function beside(flow: Flow, from: string, step: 1 | -1): string | undefined {
  const own = Object.values(find(flow, from)?.branches ?? {}).filter((nodes) => nodes.length > 0);
  const place = placeOf(flow, from);
  if (place && place.of !== null) {
    const branches = Object.keys(find(flow, place.of.node)?.branches ?? {});
    for (let at = branches.indexOf(place.of.branch) + step; at >= 0 && at < branches.length; at += step) {
      const nodes = sequenceAt(flow, { node: place.of.node, branch: branches[at] ?? "" }) ?? [];
      if (nodes.length > 0) return nodes[Math.min(place.index, nodes.length - 1)]?.key;
    }
  }
  return (step === 1 ? own.at(-1) : own[0])?.[0]?.key;
}
