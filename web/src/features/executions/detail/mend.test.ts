import { expect, test } from "vitest";
import { replaced } from "./mend";

test("only the path itself is replaced, only in the field that is named", () => {
  const config = {
    body: { v: "{{ trigger.body.total }} of {{ trigger.body.total.cents }}", "a/b": ["{{trigger.body.total}}"] },
    note: "{{ trigger.body.total }}",
  };
  expect(replaced(config, "/body/v", "trigger.body.total", "trigger.body.order.amount")).toEqual({
    ...config,
    body: { ...config.body, v: "{{ trigger.body.order.amount }} of {{ trigger.body.total.cents }}" },
  });
  expect(replaced(config, "/body/a~1b/0", "trigger.body.total", "x")).toMatchObject({ body: { "a/b": ["{{x}}"] } });
  expect(replaced(config, "/body/gone", "trigger.body.total", "x")).toBeUndefined();
  expect(replaced(config, "/body/v", "trigger.body.other", "x")).toBeUndefined();
});
