// What the editor of one workflow knows: the document being edited with its past and future, what is looked at.
// Everything on the canvas and in the drawers edits this one document; there is no other copy of a field.
//
// Not here: saving (./saving), what commands do (./commands).

import { apply } from "mutative";
import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { Schema } from "@/api/client";
import { type Flow, find } from "@/flow/document";
import { type Command, carryOut, type Edited, type Refusal } from "./commands/edit";
import type { Side } from "./saving/merge";

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

/** How the document and the server stand. */
export interface Saving {
  state: "saved" | "unsaved" | "saving" | "offline" | "refused" | "conflict" | "gone";
  /** When it was last saved, in milliseconds; null: not since it was opened. */
  at: number | null;
  /** The draft's edit that the document is made from. */
  edit: number;
  /** What the server said, when it refused. */
  detail?: string;
}

/** Somebody else saved, and both changed the same things. */
export interface Conflict {
  base: Flow;
  theirs: Flow;
  edit: number;
}

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
  /** The request that previews, the picker and tests work with. */
  subject: Subject | null;
  /** The field to go to once the drawer is there, as a JSON pointer below its node or the trigger; `""`: the first one. */
  wanted: string | null;
  /** Counts how often the focus was called to the card of `focused`. */
  called: number;
  /** Branching nodes that show how much is in them instead of what. */
  collapsed: ReadonlySet<string>;
  saving: Saving;
  /** Saves at once what is not saved. Resolves with whether the server has everything. */
  flush: () => Promise<boolean>;
  conflict: Conflict | null;
  /** Whose word counts for what is in conflict, by the unit's name; mine where nothing is said. */
  decide: (decided: ReadonlyMap<string, Side>) => void;
  /** The execution whose node runs the canvas shows. */
  shown: string | null;
  /** Carries the command out. Returns why it did nothing, if so. */
  edit: (label: string, command: Command, field?: string) => Refusal | undefined;
  undo: () => void;
  redo: () => void;
  select: (key: string | null) => void;
  focus: (key: string) => void;
  /** Brings the keyboard to a card. */
  call: (key: string) => void;
  /** Opens a drawer at a field: a JSON pointer below the node or the trigger; `""` is its first one. */
  reveal: (key: string, at: string) => void;
  /** Shows or hides what is in a branching node. */
  fold: (key: string) => void;
}

/** Nobody is looked at who is no longer there. */
function settled(flow: Flow, { selected, focused }: Pick<EditorState, "selected" | "focused">) {
  const there = (key: string) => key === "" || find(flow, key) !== undefined;
  return { selected: selected !== null && there(selected) ? selected : null, focused: there(focused) ? focused : "" };
}

export function createEditor(key: string, flow: Flow, edit = 0): StoreApi<EditorState> {
  return createStore<EditorState>((set, get) => ({
    key,
    flow,
    past: [],
    future: [],
    problems: [],
    selected: null,
    focused: "",
    subject: null,
    wanted: null,
    called: 0,
    collapsed: new Set<string>(),
    saving: { state: "saved", at: null, edit },
    flush: () => Promise.resolve(true),
    conflict: null,
    decide: () => {},
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
      set({
        flow: edited.flow,
        past: [...(merges ? past.slice(0, -1) : past), edit].slice(-PAST_MAX),
        future: [],
        ...settled(edited.flow, get()),
      });
      return undefined;
    },
    undo: () => {
      const { flow, past, future } = get();
      const last = past.at(-1);
      if (!last) return;
      const before = apply(flow, last.inverse) as Flow;
      set({ flow: before, past: past.slice(0, -1), future: [last, ...future], ...settled(before, get()) });
    },
    redo: () => {
      const { flow, past, future } = get();
      const [next, ...rest] = future;
      if (!next) return;
      const after = apply(flow, next.patches) as Flow;
      set({ flow: after, past: [...past, next], future: rest, ...settled(after, get()) });
    },
    select: (selected) => set(selected === null ? { selected } : { selected, focused: selected }),
    focus: (focused) => set({ focused }),
    call: (focused) => set(({ called }) => ({ focused, called: called + 1, wanted: null })),
    reveal: (selected, wanted) => set({ selected, focused: selected, wanted }),
    fold: (key) => {
      const collapsed = new Set(get().collapsed);
      if (!collapsed.delete(key)) collapsed.add(key);
      set({ collapsed });
    },
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
