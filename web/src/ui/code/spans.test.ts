import { expect, test } from "vitest";
import { insertion, spansIn } from "./spans";

test("expressions in JSON are found where they are typed", () => {
  const text = '{"a": "x {{ trigger.body.a }}", "b\\n": "\\u0041{{ nodes.c[\\"odd \\\\ key\\"] }}!"}';
  const spans = spansIn(text, "json");
  expect(spans.map((span) => text.slice(span.from, span.to))).toEqual([
    "{{ trigger.body.a }}",
    '{{ nodes.c[\\"odd \\\\ key\\"] }}',
  ]);
  expect(spans[1]?.source).toBe('nodes.c["odd \\ key"]');
});

test("outside of quotes there is no template in JSON", () => {
  expect(spansIn('{"a": {{ trigger.body.a }} }', "json")).toEqual([]);
});

test("what is put into JSON is quoted where it has to be", () => {
  const at = (text: string) => {
    const place = text.indexOf("|");
    const rest = text.replace("|", "");
    return insertion(rest, place, place, "trigger.body['a\"b']", "json");
  };
  expect(at('{"a": |}')).toBe('"{{ trigger.body[\'a\\"b\'] }}"');
  expect(at('{"a": "x |"}')).toBe("{{ trigger.body['a\\\"b'] }}");
  expect(at('{"a": "\\"|"}')).toBe("{{ trigger.body['a\\\"b'] }}");
  expect(insertion("", 0, 0, "a.b", "text")).toBe("{{ a.b }}");
  expect(insertion("", 0, 0, "a.b", "expression")).toBe("a.b");
});
