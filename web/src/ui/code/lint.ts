// What is wrong with JSON that is being typed, underlined where it stands.

import { type Diagnostic, linter } from "@codemirror/lint";
import { type JsonRead, readJson } from "@/flow/json-text";

export interface JsonWords {
  /** In words: what is wrong and where. */
  problem: (problem: NonNullable<JsonRead["problem"]>) => string;
  imprecise: string;
  /** Puts quotes around a template that stands bare. */
  quote: string;
}

export function jsonLint(words: () => JsonWords) {
  return linter(
    ({ state }) => {
      const text = state.doc.toString();
      if (text.trim() === "") return [];
      const read = readJson(text);
      const said: Diagnostic[] = [];
      if (read.problem) {
        const { from, to, mistake } = read.problem;
        const quote: Diagnostic["actions"] =
          mistake === "template_bare"
            ? [
                {
                  name: words().quote,
                  apply: (view) => {
                    const inner = JSON.stringify(state.sliceDoc(from, to));
                    view.dispatch({ changes: { from, to, insert: inner }, userEvent: "input" });
                  },
                },
              ]
            : undefined;
        said.push({ from, to, severity: "error", message: words().problem(read.problem), actions: quote });
      } else if (read.imprecise) {
        said.push({ ...read.imprecise, severity: "warning", message: words().imprecise });
      }
      return said;
    },
    { delay: 200 },
  );
}
