// Rules of conditions: a tree of all and any over comparisons, or one expression (crates/domain/src/condition).

import type { Json, ValueType } from "./document";

export interface Comparison {
  left: Json;
  operator: Operator;
  right?: Json;
}
export type Rule = { all: Rule[] } | { any: Rule[] } | { expression: string } | Comparison;

export const OPERATORS = [
  "equal",
  "not_equal",
  "greater",
  "greater_or_equal",
  "less",
  "less_or_equal",
  "contains",
  "not_contains",
  "starts_with",
  "not_starts_with",
  "ends_with",
  "not_ends_with",
  "is_empty",
  "is_not_empty",
  "is_null",
  "exists",
  "in",
  "not_in",
  "matches",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** They look at the left side alone. */
const UNARY: readonly Operator[] = ["is_empty", "is_not_empty", "is_null", "exists"];

export function takesRight(operator: Operator): boolean {
  return !UNARY.includes(operator);
}

const ORDER: readonly Operator[] = ["greater", "greater_or_equal", "less", "less_or_equal"];
const ALWAYS: readonly Operator[] = [
  "equal",
  "not_equal",
  "is_empty",
  "is_not_empty",
  "is_null",
  "exists",
  "in",
  "not_in",
];
const FITS: Record<Exclude<ValueType, "null">, readonly Operator[]> = {
  text: OPERATORS,
  number: [...ALWAYS, ...ORDER],
  boolean: ["equal", "not_equal", "is_null", "exists"],
  list: ["contains", "not_contains", "equal", "not_equal", "is_empty", "is_not_empty", "is_null", "exists"],
  object: ["equal", "not_equal", "is_empty", "is_not_empty", "is_null", "exists"],
};

/** The operators that make sense for a value of a type, in their usual order; all of them when it is not known. */
export function operatorsFor(type: ValueType | undefined): readonly Operator[] {
  if (type === undefined || type === "null") return OPERATORS;
  return OPERATORS.filter((operator) => FITS[type].includes(operator));
}

/** A pattern has no opposite, and what exists is not what is null. */
const OPPOSITES: [Operator, Operator][] = [
  ["equal", "not_equal"],
  ["contains", "not_contains"],
  ["starts_with", "not_starts_with"],
  ["ends_with", "not_ends_with"],
  ["is_empty", "is_not_empty"],
  ["in", "not_in"],
];

export function opposite(operator: Operator): Operator | undefined {
  for (const [one, other] of OPPOSITES) {
    if (one === operator) return other;
    if (other === operator) return one;
  }
  return undefined;
}

/**
 * What is true exactly when the rule is false; nothing where there is no such thing: `greater` and `less_or_equal` are
 * both false of what has no order.
 */
export function negated(rule: Rule): Rule | undefined {
  const list = inner(rule);
  if (list) {
    const rules = list.rules.map(negated);
    if (rules.some((each) => each === undefined)) return undefined;
    return grouped(list.kind === "all" ? "any" : "all", rules as Rule[]);
  }
  if (!isComparison(rule)) return undefined;
  const operator = opposite(rule.operator);
  return operator && { ...rule, operator };
}

export function isComparison(rule: Rule): rule is Comparison {
  return "operator" in rule;
}

/** The rules of a group. */
export function inner(rule: Rule): { kind: "all" | "any"; rules: Rule[] } | undefined {
  if ("all" in rule && Array.isArray(rule.all)) return { kind: "all", rules: rule.all };
  if ("any" in rule && Array.isArray(rule.any)) return { kind: "any", rules: rule.any };
  return undefined;
}

export function grouped(kind: "all" | "any", rules: Rule[]): Rule {
  return kind === "all" ? { all: rules } : { any: rules };
}

/** What a config says, if it is a rule that rows can show. */
export function readRule(value: Json | undefined): Rule | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (Array.isArray(value.all))
    return value.all.every((each) => readRule(each)) ? (value as unknown as Rule) : undefined;
  if (Array.isArray(value.any))
    return value.any.every((each) => readRule(each)) ? (value as unknown as Rule) : undefined;
  if (typeof value.expression === "string") return { expression: value.expression };
  return OPERATORS.includes(value.operator as Operator) ? (value as unknown as Comparison) : undefined;
}

export function freshComparison(): Comparison {
  return { left: "", operator: "equal", right: "" };
}

export function comparisonsIn(rule: Rule): Comparison[] {
  return isComparison(rule) ? [rule] : (inner(rule)?.rules.flatMap(comparisonsIn) ?? []);
}
