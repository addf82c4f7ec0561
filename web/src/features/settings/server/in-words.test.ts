import { expect, test } from "vitest";
import { inWords } from "./in-words";

test("values are said with their units", () => {
  expect(inWords(10_485_760, "bytes")).toBe("10.5 MB");
  expect(inWords(30_000, "milliseconds")).toBe("30 sec");
  expect(inWords(4_096, "count")).toBe("4,096");
  expect(inWords(30, "days")).toBe("30 days");
  expect(inWords(false, null)).toBe("false");
  expect(inWords(["127.0.0.1", "10.0.0.1"], null)).toBe("127.0.0.1, 10.0.0.1");
});

test("nothing is a dash", () => {
  for (const nothing of ["", [], null]) expect(inWords(nothing, null)).toBe("—");
});
