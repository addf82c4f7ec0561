// JSON as its author types it. What cannot be read yet is kept beside the document, which keeps the last value that
// could: nothing that was typed is lost when another node is looked at.

import { useMemo, useState } from "react";
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

export interface JsonDraft {
  text: string;
  setText: (text: string) => void;
  problem: JsonRead["problem"];
  /** Goes back to the document's value. Returns whether there was anything to forget. */
  forget: () => boolean;
}

/** `place` tells the fields of an editor apart. */
export function useJsonDraft(
  place: string,
  value: Json | undefined,
  onChange: (value: Json | undefined) => void,
): JsonDraft {
  const editor = useEditorStore();
  const [, again] = useState(0);
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
    setText: (text) => {
      const now = text.trim() === "" ? undefined : readJson(text);
      texts.set(place, { text, beside: written });
      again((times) => times + 1);
      if (now === undefined) onChange(undefined);
      else if (!now.problem && writeJson(now.value) !== written) onChange(now.value);
    },
    problem: stands ? read?.problem : undefined,
    forget: () => {
      const had = stands && read?.problem !== undefined;
      texts.delete(place);
      again((times) => times + 1);
      return had;
    },
  };
}
