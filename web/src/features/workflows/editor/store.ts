// What the editor of one workflow knows: the document being edited with its past and future, what is looked at.
// Everything on the canvas and in the drawers edits this one document; there is no other copy of a field.
//
// Not here: saving (./saving), what commands do (./commands).

import { apply } from "mutative";
import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { Schema } from "@/api/client";
import type { Flow } from "@/flow/document";
import { type Command, carryOut, type Edited, type Refusal } from "./commands/edit";

/** How many edits can be undone. */
export const PAST_MAX = 200;
/** Typing into one field is one edit, unless a pause is longer than this. */
const MERGE_MS = 1_500;

export interface Edit {
  /** A key below `editor:edit`. */
  label: string;
  /** Edits of the same field in a row are one. */
  field?: string;
  at: number;
  patches: Edited["patches"];
  inverse: Edited["inverse"];
}

/** The request that previews, the picker and tests work with. */
export type Subject =
  | { kind: "execution"; id: string; label: string }
  | { kind: "request"; id: string; label: string }
  | { kind: "event"; event: Schema["WrittenEvent"]; label: string };

export interface EditorState {
  /** The workflow's key. */
  key: string;
  flow: Flow;
  past: Edit[];
  future: Edit[];
  /** What is wrong with the document as the server saw it last. */
  problems: Schema["DocumentProblem"][];
  /** Whose drawer is open: a node's key, `""` for the trigger, null for none. */
  selected: string | null;
  /** The card that Tab comes to. */
  focused: string;
  subject: Subject | null;
  /** The execution whose node runs the canvas shows. */
  shown: string | null;
  /** Carries the command out. Returns why it did nothing, if so. */
  edit: (label: string, command: Command, field?: string) => Refusal | undefined;
  undo: () => void;
  redo: () => void;
  select: (key: string | null) => void;
  focus: (key: string) => void;
}

export function createEditor(key: string, flow: Flow): StoreApi<EditorState> {
  return createStore<EditorState>((set, get) => ({
    key,
    flow,
    past: [],
    future: [],
    problems: [],
    selected: null,
    focused: "",
    subject: null,
    shown: null,
    edit: (label, command, field) => {
      const { flow, past } = get();
      const edited = carryOut(flow, command);
      if (edited.refused || edited.patches.length === 0) return edited.refused;
      const at = Date.now();
      const last = past.at(-1);
      const merges =
        field !== undefined && last?.field === field && at - last.at < MERGE_MS && get().future.length === 0;
      const edit: Edit = merges
        ? { ...last, at, patches: [...last.patches, ...edited.patches], inverse: [...edited.inverse, ...last.inverse] }
        : { label, field, at, patches: edited.patches, inverse: edited.inverse };
      set({ flow: edited.flow, past: [...(merges ? past.slice(0, -1) : past), edit].slice(-PAST_MAX), future: [] });
      return undefined;
    },
    undo: () => {
      const { flow, past, future } = get();
      const last = past.at(-1);
      if (!last) return;
      set({ flow: apply(flow, last.inverse) as Flow, past: past.slice(0, -1), future: [last, ...future] });
    },
    redo: () => {
      const { flow, past, future } = get();
      const [next, ...rest] = future;
      if (!next) return;
      set({ flow: apply(flow, next.patches) as Flow, past: [...past, next], future: rest });
    },
    select: (selected) => set(selected === null ? { selected } : { selected, focused: selected }),
    focus: (focused) => set({ focused }),
  }));
}

export const EditorContext = createContext<StoreApi<EditorState> | null>(null);

/** A part of the editor's state, by whoever is inside an editor. */
export function useEditor<Part>(part: (state: EditorState) => Part): Part {
  return useStore(useEditorStore(), part);
}

export function useEditorStore(): StoreApi<EditorState> {
  const store = useContext(EditorContext);
  if (!store) throw new Error("outside an editor");
  return store;
}
