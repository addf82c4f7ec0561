import { expect, test } from "vitest";
import { cardKey } from "./keys";

const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };

test.each([
  [{ key: "a", code: "KeyA" }, "after"],
  [{ key: "A", code: "KeyA", shiftKey: true }, "before"],
  [{ key: "ф", code: "KeyA" }, "after"],
  [{ key: "c", code: "KeyC" }, "condition"],
  [{ key: "c", code: "KeyC", ctrlKey: true }, undefined],
  [{ key: "d", code: "KeyD", metaKey: true }, "duplicate"],
  [{ key: "ArrowUp", code: "ArrowUp", altKey: true }, "up"],
  [{ key: "ArrowRight", code: "ArrowRight", altKey: true }, "in"],
  [{ key: "F10", code: "F10", shiftKey: true }, "menu"],
  [{ key: "Delete", code: "Delete" }, "remove"],
  [{ key: " ", code: "Space" }, "fold"],
] as const)("%o means %s", (event, meaning) => {
  expect(cardKey({ ...none, ...event }, true)).toBe(meaning);
});

test("letters can be switched off, the rest stays", () => {
  expect(cardKey({ ...none, key: "a", code: "KeyA" }, false)).toBeUndefined();
  expect(cardKey({ ...none, key: "Delete", code: "Delete" }, false)).toBe("remove");
});
