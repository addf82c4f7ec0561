// Check 37: whoever reads the pages can, on paper and at night. Computed from the tokens themselves.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const styles = readFileSync(`${process.cwd()}/src/styles.css`, "utf8");

/** Each token with its two colours, opaque ones only. */
const tokens = new Map(
  [...styles.matchAll(/^ {2}--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\);$/gm)].map(
    ([, name, light, dark]) => [name, { light, dark }] as [string, { light: string; dark: string }],
  ),
);

/** Relative luminance, WCAG 2.2. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const GROUNDS = ["bg", "surface", "sunken", "accent-soft"];
const STATUS = ["succeeded", "failed", "running", "waiting", "timed-out", "refused", "quiet"];
const TEXTS = ["ink", "ink-2", "ink-3", "accent", ...STATUS];
/** The edges of what can be operated, and shapes that say something. */
const SHAPES = ["line-strong", ...STATUS];

const pairs = [
  ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground, 4.5] as const)),
  // Words on what is filled: primary buttons, toasts and tooltips.
  ["accent-ink", "accent", 4.5] as const,
  ["bg", "ink", 4.5] as const,
  ...SHAPES.map((shape) => [shape, "surface", 3] as const),
];

for (const scheme of ["light", "dark"] as const) {
  test(`every text can be read and every shape seen, ${scheme}`, () => {
    const weak = pairs
      .map(([text, ground, least]) => {
        const [above, below] = [tokens.get(text), tokens.get(ground)];
        if (!above || !below) return `${text} or ${ground} is no token`;
        const ratio = contrast(above[scheme], below[scheme]);
        return ratio < least ? `${text} on ${ground}: ${ratio.toFixed(2)} < ${least}` : undefined;
      })
      .filter((each) => each !== undefined);
    expect(weak).toEqual([]);
  });
}

test("the measure is WCAG's", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});
