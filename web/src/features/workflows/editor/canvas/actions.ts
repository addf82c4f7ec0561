// What can be done with nodes, by key, menu or pointer: the command, where the focus goes, what is said.

import { useMemo } from "react";
import { type FlowNode, find, type Place, placeOf, sequenceAt } from "@/flow/document";
import { usersOf } from "@/flow/references";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { neighbor } from "@/ui/linemap/moves";
import { say } from "@/ui/toast";
import { disable } from "../commands/disable";
import { duplicate } from "../commands/duplicate";
import type { Command, Refusal } from "../commands/edit";
import { insert } from "../commands/insert";
import { type Direction, move } from "../commands/move";
import { clipping, paste, readNodes } from "../commands/paste";
import { remove } from "../commands/remove";
import { wrap } from "../commands/wrap";
import { useKinds } from "../kinds";
import { useEditorStore } from "../store";

export interface Actions {
  /** The place right after a node (`""`: the trigger), or right before it. */
  after: (key: string) => Place | undefined;
  before: (key: string) => Place | undefined;
  /** Puts a node of a kind there and opens its drawer. */
  insert: (kind: string, place: Place) => void;
  remove: (key: string, keep?: string | null) => Refusal | undefined;
  duplicate: (key: string) => void;
  move: (key: string, direction: Direction) => void;
  wrap: (key: string) => void;
  toggle: (key: string) => void;
  /** The node as text, and taken out with `cut`. */
  clip: (key: string, cut?: boolean) => string | undefined;
  /** The same by the menu, which has no event with a clipboard. */
  copyOut: (key: string, cut?: boolean) => void;
  pasteText: (text: string, place: Place) => void;
  pasteIn: (place: Place) => void;
}

/** What this window copied last, for when the browser does not let us read the clipboard. */
let clipped = "";

export function useActions(): Actions {
  const { t } = useTranslation("editor");
  const store = useEditorStore();
  const kinds = useKinds();
  const titleOf = useNodeTitle();
  return useMemo(() => {
    const flow = () => store.getState().flow;
    const refused = (why: Refusal) => say(t(`refused.${why}`), { tone: "error" });
    /** Carries it out; the card that has the focus keeps it wherever it goes. */
    const edit = (label: string, command: Command, then?: (fresh: FlowNode[]) => void) => {
      const known = new Set(keys(flow().nodes));
      const why = store.getState().edit(label, command);
      if (why) {
        refused(why);
        return why;
      }
      const fresh = keys(flow().nodes).filter((key) => !known.has(key));
      then?.(fresh.flatMap((key) => find(flow(), key) ?? []));
      return undefined;
    };
    const callFresh = ([first]: FlowNode[]) => first && store.getState().call(first.key);
    const after = (key: string): Place | undefined => {
      if (key === "") return { of: null, index: 0 };
      const place = placeOf(flow(), key);
      return place && { ...place, index: place.index + 1 };
    };
    const actions: Actions = {
      after,
      before: (key) => (key === "" ? undefined : placeOf(flow(), key)),
      insert: (kind, place) => {
        edit("inserted", insert(kind, place, kinds), ([node]) => node && store.getState().reveal(node.key, ""));
      },
      remove: (key, keep) => {
        const node = find(flow(), key);
        if (!node) return "not_found";
        const place = placeOf(flow(), key);
        const users = usersOf(flow(), key).map((user) => titleOf(find(flow(), user) ?? null));
        const previous = neighbor(flow(), key, "previous") ?? "";
        const why = store.getState().edit("removed", remove(key, keep));
        if (why === "has_branches") return why;
        if (why) {
          refused(why);
          return why;
        }
        // To what stands in its place now, or else to what stood above.
        const next = place && sequenceAt(flow(), place.of)?.[place.index];
        store.getState().call(next?.key ?? previous);
        const title = titleOf(node);
        say(users.length > 0 ? t("removed_used", { title, users: users.join(", ") }) : t("removed", { title }), {
          action: {
            label: t("undo"),
            run: () => {
              store.getState().undo();
              store.getState().call(key);
            },
          },
        });
        return undefined;
      },
      duplicate: (key) => void edit("duplicated", duplicate(key, kinds), callFresh),
      move: (key, direction) => {
        if (!edit("moved", move(key, direction))) store.getState().call(key);
      },
      wrap: (key) => void edit("wrapped", wrap(key, kinds), callFresh),
      toggle: (key) => {
        const off = !find(flow(), key)?.disabled;
        edit(off ? "disabled" : "enabled", disable(key, off));
      },
      clip: (key, cut) => {
        const node = find(flow(), key);
        if (!node) return undefined;
        clipped = clipping(node);
        if (cut) actions.remove(key, null);
        return clipped;
      },
      copyOut: async (key, cut) => {
        const text = actions.clip(key);
        if (text === undefined) return;
        const done = await copy(text);
        say(done || cut ? t("copied_node") : t("copied_here"));
        if (cut) actions.remove(key, null);
      },
      pasteText: (text, place) => {
        const nodes = readNodes(text);
        if (!nodes) return say(t("refused.no_nodes"), { tone: "error" });
        edit("pasted", paste(nodes, place, kinds), callFresh);
      },
      pasteIn: async (place) => {
        const text = await navigator.clipboard?.readText().catch(() => clipped);
        actions.pasteText(text || clipped, place);
      },
    };
    return actions;
  }, [store, kinds, t, titleOf]);
}

function keys(nodes: FlowNode[]): string[] {
  return nodes.flatMap((node) => [node.key, ...Object.values(node.branches ?? {}).flatMap(keys)]);
}
