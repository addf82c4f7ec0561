// An edit is a command carried out on the document: what changed and how to take it back, as JSON patches.
// Commands are written as if they changed the flow in place; what they are given is a draft of it (mutative), so the
// flow before stays as it was. One command a file, with its test.

import { create, type Patches } from "mutative";
import type { Flow, Mode } from "@/flow/document";

/** Why a command does nothing: a key below `editor:refused`. */
export type Refusal =
  | "ends_flow"
  | "ends_before"
  | "not_found"
  | "has_branches"
  | "sync_only"
  | "no_place"
  | "too_deep";

/** What a command has to know of the kinds of nodes: how a server describes them. */
export interface Kind {
  kind: string;
  branches: readonly string[];
  /** Nothing can follow such a node. */
  ends: boolean;
  /** The one mode it works in; null: both. */
  mode?: Mode | null;
}

export type Kinds = ReadonlyMap<string, Kind>;

/** Changes the draft it is given, or says why not. */
export type Command = (flow: Flow) => Refusal | undefined;

export interface Edited {
  flow: Flow;
  patches: Patches;
  inverse: Patches;
  refused?: Refusal;
}

export function carryOut(flow: Flow, command: Command): Edited {
  let refused: Refusal | undefined;
  // As a plain object: the type of a draft of a tree that holds itself has no end.
  const [next, patches, inverse] = create(
    flow as object,
    (draft) => {
      refused = command(draft as Flow);
    },
    { enablePatches: true },
  );
  return refused ? { flow, patches: [], inverse: [], refused } : { flow: next as Flow, patches, inverse };
}
