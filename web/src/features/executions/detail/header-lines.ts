// Headers as lines of text, to be edited: `Name: value`.

import type { HeaderLine } from "@/lib/mask";

export function headerLines(headers: readonly HeaderLine[]): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join("\n");
}

/** `wrong` is the number of the first line that is no header, from 1. Empty lines count for nothing. */
export function readLines(text: string): { lines: [string, string][]; wrong?: number } {
  const lines: [string, string][] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const found = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*?)\s*$/.exec(line);
    if (!found) return { lines, wrong: index + 1 };
    lines.push([found[1] as string, found[2] as string]);
  }
  return { lines };
}
