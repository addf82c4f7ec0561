import { expect, test } from "vitest";
import { negated, OPERATORS, operatorsFor, opposite, type Rule, readRule } from "./rule";
import { toExpression } from "./rule-expression";

const paid: Rule = { left: "{{ trigger.body.status }}", operator: "equal", right: "paid" };
const large: Rule = { left: "{{ trigger.body.total }}", operator: "greater", right: 100 };

test("operators go by the type of the left value", () => {
  expect(operatorsFor("text")).toEqual(OPERATORS);
  expect(operatorsFor(undefined)).toEqual(OPERATORS);
  expect(operatorsFor("boolean")).toEqual(["equal", "not_equal", "is_null", "exists"]);
  expect(operatorsFor("number")).not.toContain("contains");
  expect(operatorsFor("list")).toContain("contains");
});

test("the opposite of the opposite is the rule itself, and what has none says so", () => {
  for (const operator of OPERATORS) {
    const other = opposite(operator);
    if (other) expect(opposite(other)).toBe(operator);
  }
  const tree: Rule = { all: [paid, { any: [paid, { ...paid, operator: "in", right: [1] }] }] };
  expect(negated(negated(tree) as Rule)).toEqual(tree);
  expect(negated(tree)).toMatchObject({ any: [{ operator: "not_equal" }, { all: [{}, { operator: "not_in" }] }] });
  expect(negated({ any: [paid, large] })).toBeUndefined();
  expect(negated({ expression: "true" })).toBeUndefined();
});

test("what is no rule is not shown as one", () => {
  expect(readRule({ all: [paid as never, { any: [] }] })).toBeDefined();
  for (const value of [null, [], "x", {}, { left: 1, operator: "like" }, { all: [{}] }]) {
    expect(readRule(value as never), JSON.stringify(value)).toBeUndefined();
  }
});

test("a rule becomes an expression, and what it does not say exactly is told", () => {
  expect(toExpression(paid)).toEqual({ expression: 'trigger.body.status = "paid"', differ: [] });
  expect(toExpression({ ...paid, operator: "not_equal" })?.expression).toBe('$not(trigger.body.status = "paid")');
  expect(toExpression({ ...paid, right: null })?.expression).toBe(
    "(trigger.body.status = null or $not($exists(trigger.body.status)))",
  );
  expect(toExpression({ all: [paid, { any: [paid, large] }] })).toEqual({
    expression: 'trigger.body.status = "paid" and (trigger.body.status = "paid" or trigger.body.total > 100)',
    differ: [large],
  });
  expect(toExpression({ ...paid, right: "12" })?.differ).toHaveLength(1);
  expect(toExpression({ all: [] })?.expression).toBe("true");
  expect(toExpression({ any: [] })?.expression).toBe("false");
  expect(toExpression({ ...paid, left: "order {{ trigger.body.id }}" })).toBeUndefined();
  expect(toExpression({ ...paid, left: "{{ $sum(trigger.body.a) }}" })?.expression).toBe(
    '($sum(trigger.body.a)) = "paid"',
  );
});
