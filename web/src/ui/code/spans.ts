// Where in a field the expressions stand. In JSON they stand inside quoted texts, where quotes and backslashes are
// escaped: what is read is the text that is meant, and its places are told in the text that is typed.

import { expressionsIn, type Span } from "@/flow/template";

/** What is typed: text with templates, JSON with templates in its texts, or one expression without braces. */
export type Written = "text" | "json" | "expression";

export function spansIn(text: string, as: Written): Span[] {
  if (as === "expression") return [];
  if (as === "text") return expressionsIn(text).spans;
  return [...text.matchAll(/"(?:[^"\\\n]|\\.)*"/g)].flatMap((found) => {
    if (!found[0].includes("{{")) return [];
    const { meant, places } = unescaped(found[0].slice(1, -1));
    const start = found.index + 1;
    return expressionsIn(meant).spans.map(({ from, to, source }) => ({
      from: start + (places[from] ?? 0),
      to: start + (places[to] ?? 0),
      source,
    }));
  });
}

/** The text that is meant; `places` says where each of its characters stands in `typed`, and where it ends. */
function unescaped(typed: string): { meant: string; places: number[] } {
  let meant = "";
  const places: number[] = [];
  for (const { 0: piece, index } of typed.matchAll(/\\u[0-9a-fA-F]{4}|\\.|[^\\]/gs)) {
    let char = piece;
    if (piece.length > 1) {
      try {
        char = JSON.parse(`"${piece}"`) as string;
      } catch {}
    }
    for (let at = 0; at < char.length; at++) places.push(index);
    meant += char;
  }
  places.push(typed.length);
  return { meant, places };
}

/** What to put in at `at` so that it is the value of `path`, and what may have to go for it. */
export function insertion(text: string, from: number, to: number, path: string, as: Written): string {
  if (as === "expression") return path;
  const template = `{{ ${path} }}`;
  if (as === "text") return template;
  const escaped = JSON.stringify(template).slice(1, -1);
  return isQuoted(text, from) && isQuoted(text, to) ? escaped : `"${escaped}"`;
}

/** Whether a place of JSON is inside the quotes of a text. */
function isQuoted(text: string, at: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return (line.replaceAll(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 1;
}
