// JSON as its author types it. What cannot be read yet is kept beside the document, which keeps the last value that
// could: nothing that was typed is lost when another node is looked at.

import { useEffect, useMemo, useReducer } from "react";
import type { StoreApi } from "zustand";
import type { Json } from "@/flow/document";
import { type JsonRead, readJson, writeJson } from "@/flow/json-text";
import { type EditorState, useEditorStore } from "../store";

interface Typed {
  text: string;
  /** The document's value while this was typed. */
  beside: string;
}

const kept = new WeakMap<StoreApi<EditorState>, Map<string, Typed>>();

/** Every field that shows such a text looks again. */
const hears = new Set<() => void>();

/** Writes the text of a field anew, as people would, unless it cannot be read. */
export function formatJson(editor: StoreApi<EditorState>, of: string, at: string): void {
  const typed = kept.get(editor)?.get(`${of} ${at}`);
  if (typed && readJson(typed.text).problem) return;
  kept.get(editor)?.delete(`${of} ${at}`);
  for (const hear of hears) hear();
}

export interface JsonDraft {
  text: string;
  setText: (text: string, whole?: boolean) => void;
  problem: JsonRead["problem"];
  /** Goes back to the document's value. Returns whether there was anything to forget. */
  forget: () => boolean;
}

/** `place` tells the fields of an editor apart. */
export function useJsonDraft(
  place: string,
  value: Json | undefined,
  onChange: (value: Json | undefined, whole?: boolean) => void,
): JsonDraft {
  const editor = useEditorStore();
  const [, again] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    hears.add(again);
    return () => {
      hears.delete(again);
    };
  }, []);
  let texts = kept.get(editor);
  if (!texts) {
    texts = new Map();
    kept.set(editor, texts);
  }
  const typed = texts.get(place);
  const written = value === undefined ? "" : writeJson(value);
  const read = useMemo(() => (typed && typed.text.trim() !== "" ? readJson(typed.text) : undefined), [typed]);
  // An author's own spacing stays for as long as it means what the document says.
  const stands =
    typed !== undefined &&
    (read?.problem
      ? typed.beside === written
      : (typed.text.trim() === "" ? "" : writeJson(read?.value as Json)) === written);
  return {
    text: stands ? typed.text : written,
    setText: (text, whole) => {
      const now = text.trim() === "" ? undefined : readJson(text);
      texts.set(place, { text, beside: written });
      again();
      if (now === undefined) onChange(undefined, whole);
      else if (!now.problem && writeJson(now.value) !== written) onChange(now.value, whole);
    },
    problem: stands ? read?.problem : undefined,
    forget: () => {
      const had = stands && read?.problem !== undefined;
      texts.delete(place);
      again();
      return had;
    },
  };
}
