import { expect, test } from "vitest";
import { headerLines, readLines } from "./header-lines";

test("what was written as lines is read back, and a line that is none is named", () => {
  const headers: [string, string][] = [
    ["content-type", "application/json; charset=utf-8"],
    ["x-empty", ""],
    ["x-time", "12:30"],
  ];
  expect(readLines(headerLines(headers))).toEqual({ lines: headers });
  expect(readLines("a: 1\n\nno header here")).toEqual({ lines: [["a", "1"]], wrong: 3 });
});
