import { expect, test } from "vitest";
import { returnTo } from "./return-to";

test("one comes back to the page one wanted", () => {
  expect(returnTo("/executions?status=failed#top")).toBe("/executions?status=failed#top");
});

test("nobody is led to another site", () => {
  for (const asked of [
    undefined,
    "",
    "//evil.example",
    "/\\evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "evil",
  ]) {
    const to = returnTo(asked);
    expect(new URL(to, location.origin).origin, String(asked)).toBe(location.origin);
    expect(to.startsWith("//")).toBe(false);
  }
});
