import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import en from "@/locales/en/requests.json";
import uk from "@/locales/uk/requests.json";
import { CODES } from "./causes";

test("every way to be refused at an endpoint has its words in both languages", () => {
  const reference = readFileSync("../docs/reference/errors.md", "utf8");
  const codes = new Set([...reference.matchAll(/^\| `(hook\.\w+)`/gm)].map(([, code]) => code as string));
  expect(codes.size).toBeGreaterThan(8);
  expect([...codes].sort()).toEqual([...CODES].sort());
  for (const code of codes) {
    for (const words of [en, uk]) {
      const cause = (words.cause as Record<string, { what?: string; do?: string }>)[code.replace("hook.", "")];
      expect(cause?.what, code).toBeTruthy();
      expect(cause?.do, code).toBeTruthy();
    }
  }
});
