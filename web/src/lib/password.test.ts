import { expect, test } from "vitest";
import { lengthOf, strength } from "./password";

test("a password is judged by its length", () => {
  expect(strength("")).toBe("empty");
  expect(strength("elevenchars")).toBe("short");
  expect(strength("twelve chars")).toBe("fair");
  expect(strength("sixteen chars ok")).toBe("good");
  expect(strength("correct horse battery")).toBe("strong");
});

test("a long password of few characters is not called strong", () => {
  expect(strength("a".repeat(40))).toBe("repeats");
  expect(strength("1212121212121212")).toBe("repeats");
});

test("characters are counted as people do", () => {
  expect(lengthOf("🦊🦊🦊")).toBe(3);
  expect(strength("пароль-слово")).toBe("fair");
});
