import { expect, test } from "vitest";
import { readJson, sameJson, writeJson } from "./json-text";

const DOCUMENTS = [
  "{}",
  "[]",
  "null",
  "true",
  '"a"',
  "-0.5e3",
  " [1, 2 ,{}] ",
  '{"a":{"b":[1,"x\\n\\u00e9\\"",null]}}',
  '{"":0}',
  '{"__proto__": 1}',
  "1e400",
  "{",
  "[1,]",
  '{"a":1,}',
  '{"a" 1}',
  "{a:1}",
  "[1 2]",
  "tru",
  "01",
  "+1",
  ".5",
  "1.",
  '"a',
  '"a\nb"',
  '"\\x"',
  "",
  "  ",
  "1 2",
  "[",
  '{"a":',
  "'a'",
  "\u00a01",
  "[true false]",
  '"\t"',
  "NaN",
  "-",
];

test("what is JSON, and what it comes to, is what the browser says", () => {
  for (const text of DOCUMENTS) {
    let expected: { value: unknown } | undefined;
    try {
      expected = { value: JSON.parse(text) };
    } catch {}
    const read = readJson(text);
    if (text === "1e400") expect(read.problem?.mistake).toBe("number");
    else if (expected) expect(read).toMatchObject({ value: expected.value });
    else expect(read.problem, text).toBeDefined();
  }
});

test("whatever is cut out of a document is read as the browser reads it", () => {
  const whole = writeJson({ a: [1, -2.5, 'x"\\\n', { b: null, "c d": true }], e: "{{ trigger.body }}" });
  for (let from = 0; from < whole.length; from++) {
    for (const text of [whole.slice(0, from) + whole.slice(from + 1), whole.slice(0, from)]) {
      let fine = true;
      try {
        JSON.parse(text);
      } catch {
        fine = false;
      }
      expect(readJson(text).problem === undefined, text).toBe(fine);
    }
  }
});

test("a mistake has its place and its name", () => {
  const at = (text: string) => {
    const { problem } = readJson(text);
    return problem && [problem.mistake, problem.line, problem.column];
  };
  expect(at('{\n  "a": {{ trigger.body.x }}\n}')).toEqual(["template_bare", 2, 8]);
  expect(at('{"a": 1,\n}')).toEqual(["comma_last", 1, 8]);
  expect(at('{"a": 1\n"b": 2}')).toEqual(["comma_missing", 2, 1]);
  expect(at('{"a": "x\n"}')).toEqual(["line_break_in_text", 1, 7]);
  expect(at('{"a": 1')).toEqual(["ends_early", 1, 8]);
  expect(at('{"a": "x')).toEqual(["text_open", 1, 7]);
  expect(at("{'a': 1}")).toEqual(["key_expected", 1, 2]);
  expect(at('{"a" 1}')).toEqual(["colon_missing", 1, 6]);
  expect(at("1 2")).toEqual(["after_end", 1, 3]);
  expect(at("[".repeat(65))).toEqual(["too_deep", 1, 65]);
});

test("an integer that the browser cannot hold is told", () => {
  expect(readJson("[1, 9007199254740993]").value).toBeDefined();
  expect(readJson("[1, 9007199254740993]")).toMatchObject({ imprecise: { from: 4, to: 20 } });
  expect(readJson("[9007199254740991]")).toMatchObject({ imprecise: undefined });
});

test("values are the same whatever the order of their keys", () => {
  expect(sameJson({ a: 1, b: [null] }, { b: [null], a: 1 })).toBe(true);
  expect(sameJson({ a: undefined as never }, { b: undefined as never })).toBe(false);
  expect(sameJson([], {})).toBe(false);
  expect(sameJson([1], [1, 2])).toBe(false);
});
