// A rule of rows as one JSONata expression. Comparisons here know more than JSONata's: `1` equals `"1"`, null equals
// what is missing, what has no order is false instead of an error. Where that can matter, it is told.

import type { Json } from "./document";
import { type Comparison, inner, isComparison, type Operator, type Rule } from "./rule";
import { expressionsIn, readPath, soleExpression } from "./template";

export interface Converted {
  expression: string;
  /** The comparisons that mean something slightly different as an expression. */
  differ: Comparison[];
}

/** Nothing where a rule cannot be said as an expression at all. */
export function toExpression(rule: Rule): Converted | undefined {
  const differ: Comparison[] = [];
  const expression = written(rule, differ);
  return expression === undefined ? undefined : { expression, differ };
}

function written(rule: Rule, differ: Comparison[]): string | undefined {
  if ("expression" in rule) return rule.expression;
  const list = inner(rule);
  if (list) {
    if (list.rules.length === 0) return list.kind === "all" ? "true" : "false";
    const parts = list.rules.map((each) => {
      const part = written(each, differ);
      return part !== undefined && inner(each) && list.rules.length > 1 ? `(${part})` : part;
    });
    return parts.includes(undefined) ? undefined : parts.join(list.kind === "all" ? " and " : " or ");
  }
  if (!isComparison(rule)) return undefined;
  const left = operand(rule.left);
  const right = operand(rule.right ?? null);
  if (left === undefined || right === undefined) return undefined;
  if (!isExact(rule)) differ.push(rule);
  return comparison(rule.operator, left, right, rule.right);
}

function comparison(operator: Operator, left: string, right: string, value: Json | undefined): string {
  const missing = `$not($exists(${left}))`;
  const length = `$length(${right})`;
  switch (operator) {
    case "equal":
      return value === null ? `(${left} = null or ${missing})` : `${left} = ${right}`;
    case "not_equal":
      return value === null ? `$not(${left} = null or ${missing})` : `$not(${left} = ${right})`;
    case "greater":
      return `${left} > ${right}`;
    case "greater_or_equal":
      return `${left} >= ${right}`;
    case "less":
      return `${left} < ${right}`;
    case "less_or_equal":
      return `${left} <= ${right}`;
    case "contains":
      return `$contains(${left}, ${right})`;
    case "not_contains":
      return `$not($contains(${left}, ${right}))`;
    case "starts_with":
      return `$substring(${left}, 0, ${length}) = ${right}`;
    case "not_starts_with":
      return `$not($substring(${left}, 0, ${length}) = ${right})`;
    case "ends_with":
      return `$substring(${left}, -${length}) = ${right}`;
    case "not_ends_with":
      return `$not($substring(${left}, -${length}) = ${right})`;
    case "is_empty":
      return `(${missing} or ${left} = null or ${left} = "" or $count(${left}) = 0)`;
    case "is_not_empty":
      return `$not(${missing} or ${left} = null or ${left} = "" or $count(${left}) = 0)`;
    case "is_null":
      return `${left} = null`;
    case "exists":
      return `$exists(${left})`;
    case "in":
      return `${left} in ${right}`;
    case "not_in":
      return `$not(${left} in ${right})`;
    case "matches":
      return `$contains(${left}, ${typeof value === "string" ? `/${value.replaceAll("/", "\\/")}/` : right})`;
  }
}

/** A value as JSONata says it: a template that is one expression is that expression, the rest are constants. */
function operand(value: Json): string | undefined {
  if (typeof value !== "string") return hasTemplates(value) ? undefined : JSON.stringify(value);
  const sole = soleExpression(value);
  if (sole !== undefined) return readPath(sole) ? sole : `(${sole})`;
  const { spans, unclosed } = expressionsIn(value);
  return spans.length === 0 && unclosed === undefined ? JSON.stringify(value) : undefined;
}

function hasTemplates(value: Json): boolean {
  return JSON.stringify(value).includes("{{");
}

/** Whether the expression says exactly what the row says, whatever comes in. */
function isExact({ left, operator, right }: Comparison): boolean {
  if (typeof left !== "string" || !readPath(soleExpression(left) ?? "")) return false;
  if (operator === "exists" || operator === "is_null") return true;
  if (operator !== "equal" && operator !== "not_equal") return false;
  if (right === null || typeof right === "boolean") return true;
  // Text that is a number equals the number.
  return typeof right === "string" && !right.includes("{{") && !/^-?\d/.test(right);
}
