// Brings the document to the server soon after each edit, and knows what to do when that fails.
// The server's copy (`base`) and its edit number are here; what the page says of it is the store's `saving`.

import type { StoreApi } from "zustand";
import { ApiError, type Schema } from "@/api/client";
import { equal } from "@/flow/differences";
import type { Flow } from "@/flow/document";
import { replaceWith } from "../commands/replace";
import { createEditor, type EditorState, type Saving } from "../store";
import { forgetLocally, keepLocally, keptLocally } from "./local-copy";
import { merge } from "./merge";
import { keepPast, keptPast } from "./past";

/** A pause in the edits of this many milliseconds saves them. */
const PAUSE_MS = 600;
/** Edits without a pause are saved this often. */
const AT_LEAST_MS = 2_000;
/** How long the first try after a failure waits, and the longest one. */
const RETRY_MS = [1_000, 15_000] as const;
/** How soon after an edit this browser has a copy of it. */
const COPY_MS = 150;

export type Draft = Pick<Schema["DraftView"], "edit" | "problems"> & { flow: Flow };

/** The part of the server that keeps drafts. Both throw as calls of the API do. */
export interface Drafts {
  get: () => Promise<Draft>;
  put: (flow: Flow, edit: number, last: boolean) => Promise<Draft>;
}

export interface Session {
  store: StoreApi<EditorState>;
  /** Saves from now on; returns how to stop. */
  start: () => () => void;
  /** The draft as the server had it last. */
  saved: () => Draft;
  /** The server says that its draft is at this edit. */
  heard: (edit: number) => void;
}

/** Opens a draft for editing: with what this browser kept of it, when that is not on the server yet. */
export function openDraft(key: string, draft: Draft, drafts: Drafts, onMerged: () => void): Session {
  const kept = keptLocally(key);
  const unsaved = kept && !equal(kept.flow, draft.flow) ? kept : undefined;
  const base = unsaved && unsaved.edit < draft.edit && !equal(unsaved.sent, draft.flow) ? unsaved.base : draft.flow;
  const store = createEditor(key, unsaved?.flow ?? draft.flow, draft.edit);
  store.setState({ problems: draft.problems, ...keptPast(key, store.getState().flow) });
  if (!unsaved) forgetLocally(key);
  return createSaver(store, drafts, base, draft, onMerged);
}

function createSaver(
  store: StoreApi<EditorState>,
  drafts: Drafts,
  begin: Flow,
  draft: Draft,
  onMerged: () => void,
): Session {
  const { key } = store.getState();
  let base = begin;
  let edit = draft.edit;
  let sent: Flow | undefined;
  let saving: Promise<void> | undefined;
  let retry: number = RETRY_MS[0];
  let dirtySince: number | undefined;
  let heardOf = 0;
  const timers: { save?: Timer; copy?: Timer } = {};

  const flow = () => store.getState().flow;
  const dirty = () => !equal(flow(), base);
  const say = (state: Saving["state"], detail?: string) => {
    const { at } = store.getState().saving;
    store.setState({ saving: { state, at: state === "saved" ? Date.now() : at, edit, detail } });
  };
  const copy = () => {
    clearTimeout(timers.copy);
    timers.copy = undefined;
    if (dirty()) keepLocally(key, { edit, base, flow: flow(), sent });
    else forgetLocally(key);
    const { past, future } = store.getState();
    keepPast(key, { flow: flow(), past, future });
  };
  const later = (ms: number) => {
    clearTimeout(timers.save);
    timers.save = setTimeout(save, ms);
  };

  const changed = () => {
    timers.copy ??= setTimeout(copy, COPY_MS);
    const { state } = store.getState().saving;
    if (state === "conflict" || state === "gone") return;
    dirtySince ??= Date.now();
    if (state !== "offline" && state !== "saving") say("unsaved");
    if (state !== "offline") later(Math.min(PAUSE_MS, Math.max(0, dirtySince + AT_LEAST_MS - Date.now())));
  };

  function save(): Promise<void> {
    clearTimeout(timers.save);
    saving ??= attempt().finally(() => {
      saving = undefined;
      if (heardOf > edit) void look();
      else if (dirty() && store.getState().saving.state === "saved") changed();
    });
    return saving;
  }

  async function attempt(): Promise<void> {
    const { state } = store.getState().saving;
    if (state === "conflict" || state === "gone") return;
    dirtySince = undefined;
    if (!dirty()) {
      if (state !== "saved") say("saved");
      return copy();
    }
    sent = flow();
    if (state !== "offline") say("saving");
    copy();
    try {
      arrived(await drafts.put(sent, edit, false), sent);
      retry = RETRY_MS[0];
      say("saved");
      copy();
    } catch (error) {
      await failed(error);
    }
  }

  /** The server has this flow now. */
  function arrived(draft: Draft, saved: Flow) {
    base = saved;
    edit = draft.edit;
    sent = undefined;
    store.setState({ problems: draft.problems });
  }

  async function failed(error: unknown): Promise<void> {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 409) return bringTogether();
    if (status === 404) return say("gone");
    const passes = status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
    if (!passes) return say("refused", error instanceof Error ? error.message : String(error));
    say("offline");
    later(retry);
    retry = Math.min(retry * 2, RETRY_MS[1]);
  }

  /** Somebody saved in between: takes over what only they changed, and asks about the rest. */
  async function bringTogether(): Promise<void> {
    try {
      const theirs = await drafts.get();
      if (sent && equal(theirs.flow, sent)) {
        // Our own save, whose answer was lost.
        arrived(theirs, sent);
        say(dirty() ? "unsaved" : "saved");
        if (dirty()) later(0);
        return copy();
      }
      takeOver(theirs);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return;
      await failed(error);
    }
  }

  function takeOver(theirs: Draft) {
    const { flow: merged, conflicts } = merge(base, flow(), theirs.flow);
    if (conflicts.length > 0) {
      store.setState({ conflict: { base, theirs: theirs.flow, edit: theirs.edit } });
      say("conflict");
      return copy();
    }
    arrived(theirs, theirs.flow);
    // Taken over as an edit like any other: the history stays whole.
    store.getState().edit("merged", replaceWith(merged));
    onMerged();
    say(dirty() ? "unsaved" : "saved");
    if (dirty()) later(0);
    copy();
  }

  async function look(): Promise<void> {
    if (saving || heardOf <= edit || store.getState().saving.state === "conflict") return;
    await bringTogether();
  }

  store.setState({
    flush: async () => {
      // What is under way may be older than the last edit.
      await saving;
      await save();
      return store.getState().saving.state === "saved" && !dirty();
    },
    decide: (decided) => {
      const { conflict } = store.getState();
      if (!conflict) return;
      const { flow: merged } = merge(conflict.base, flow(), conflict.theirs, decided);
      base = conflict.theirs;
      edit = conflict.edit;
      sent = undefined;
      store.setState({ conflict: null });
      say("unsaved");
      store.getState().edit("merged", replaceWith(merged));
      void save();
    },
  });

  return {
    store,
    saved: () => ({ edit, flow: base, problems: store.getState().problems }),
    heard: (at) => {
      heardOf = Math.max(heardOf, at);
      void look();
    },
    start: () => {
      const stop = store.subscribe((now, before) => now.flow !== before.flow && changed());
      const leaving = () => {
        copy();
        if (!saving && dirty() && store.getState().saving.state === "unsaved") {
          sent = flow();
          copy();
          // The page may be gone before there is an answer; the copy knows what was sent.
          drafts.put(sent, edit, true).catch(() => {});
        }
      };
      const hidden = () => document.visibilityState === "hidden" && void save();
      const online = () => {
        if (store.getState().saving.state !== "offline") return;
        retry = RETRY_MS[0];
        void save();
      };
      window.addEventListener("pagehide", leaving);
      window.addEventListener("online", online);
      document.addEventListener("visibilitychange", hidden);
      if (base !== draft.flow) takeOver(draft);
      else if (dirty()) changed();
      return () => {
        stop();
        copy();
        void save();
        window.removeEventListener("pagehide", leaving);
        window.removeEventListener("online", online);
        document.removeEventListener("visibilitychange", hidden);
      };
    },
  };
}

type Timer = ReturnType<typeof setTimeout>;
