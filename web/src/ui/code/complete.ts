// `{{` or Ctrl+Space opens what can be put in: its name, its path, its value.

import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeCompletion,
  completionStatus,
  currentCompletions,
  moveCompletionSelection,
  startCompletion,
} from "@codemirror/autocomplete";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { reading } from "./chips";
import { insertion } from "./spans";

export interface Choice {
  path: string;
  alias?: string;
  /** In short. */
  value?: string;
}

type WithPath = Completion & { path: string };

/** `find` gives what fits the words that were typed; `more` is what Ctrl+Space does when the list is open. */
export function completing(find: (words: string) => Choice[], more: () => void) {
  const source = ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const { as } = state.facet(reading);
    const line = state.doc.lineAt(pos);
    const before = state.sliceDoc(line.from, pos);
    const opened = as === "expression" ? null : /\{\{([^{}]*)$/.exec(before);
    const word = as === "expression" ? /[\w$.'"[\]-]+$/.exec(before) : null;
    if (!opened && !explicit && !(word && word[0].length > 1)) return null;
    const from = opened ? pos - opened[0].length : word ? pos - word[0].length : pos;
    const choices = find((opened?.[1] ?? word?.[0] ?? "").trim());
    if (choices.length === 0) return null;
    return {
      from: pos,
      filter: false,
      // At once with each character: Enter takes what is seen.
      update: (_: CompletionResult, __: number, ___: number, now: CompletionContext) => source(now),
      options: choices.map(
        ({ path, alias, value }): WithPath => ({
          label: path,
          displayLabel: alias ?? path,
          path: alias ? path : "",
          detail: value,
          apply: (view, _, __, end) => {
            const text = view.state.doc.toString();
            // What closes the braces may stand there already.
            const closing = opened ? (/^\s*\}\}/.exec(text.slice(end))?.[0].length ?? 0) : 0;
            const insert = insertion(text, from, from, path, as);
            view.dispatch({
              changes: { from, to: end + closing, insert },
              selection: { anchor: from + insert.length },
              userEvent: "input.complete",
            });
          },
        }),
      ),
    };
  };
  return [
    autocompletion({
      override: [source],
      icons: false,
      defaultKeymap: false,
      maxRenderedOptions: 60,
      interactionDelay: 20,
      addToOptions: [
        {
          position: 60,
          render: (completion) => {
            const path = document.createElement("span");
            path.className = "cm-completionPath";
            path.textContent = (completion as WithPath).path;
            return path;
          },
        },
      ],
    }),
    Prec.highest(
      keymap.of([
        {
          key: "Ctrl-Space",
          run: (view) => {
            if (completionStatus(view.state) !== "active") return startCompletion(view);
            closeCompletion(view);
            more();
            return true;
          },
        },
        {
          key: "Escape",
          run: (view) => {
            // A list that is still being made is not what Esc is meant for.
            const seen = currentCompletions(view.state).length > 0;
            closeCompletion(view);
            return seen;
          },
          stopPropagation: true,
        },
        { key: "ArrowDown", run: moveCompletionSelection(true) },
        { key: "ArrowUp", run: moveCompletionSelection(false) },
        { key: "PageDown", run: moveCompletionSelection(true, "page") },
        { key: "PageUp", run: moveCompletionSelection(false, "page") },
        { key: "Enter", run: acceptCompletion },
        { key: "Tab", run: acceptCompletion },
      ]),
    ),
  ];
}
