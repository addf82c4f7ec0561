// How each kind of node looks on the line map. Kinds that are not here are shown with what the server says of them.

import { Box, CircleStop, CornerDownLeft, Globe, Split, Timer, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { AnswerConfig, Flow, FlowNode, Json } from "@/flow/document";

const GLYPHS: Record<string, ReactNode> = {
  webhook: <Zap size={18} aria-hidden />,
  condition: <Split size={18} className="rotate-90" aria-hidden />,
  response: <CornerDownLeft size={18} aria-hidden />,
  end: <CircleStop size={18} aria-hidden />,
  http_request: <Globe size={18} aria-hidden />,
  delay: <Timer size={18} aria-hidden />,
};

export function glyph(kind: string): ReactNode {
  return GLYPHS[kind] ?? <Box size={18} aria-hidden />;
}

/** What a kind is for: a heading in the menu of kinds, and its word in `nodes:group`. */
export type Group = "logic" | "answer" | "calls" | "waits" | "other";
export const GROUPS: Group[] = ["logic", "answer", "calls", "waits", "other"];
const GROUP_OF: Record<string, Group> = {
  condition: "logic",
  end: "logic",
  response: "answer",
  http_request: "calls",
  delay: "waits",
};

export function groupOf(kind: string): Group {
  return GROUP_OF[kind] ?? "other";
}

/** Whether the flow does not go on after such a node. */
export function endsFlow(node: FlowNode): boolean {
  return node.kind === "response" || node.kind === "end";
}

/** One line about what a node does, made of its config: technical, so the same in every language. */
export function summary(node: FlowNode): string {
  const config = node.config;
  switch (node.kind) {
    case "condition":
      return ruleText(config.rule);
    case "response":
      return answerText(config as AnswerConfig);
    case "end":
      return String(config.status ?? "succeeded");
    case "http_request":
      return `${config.method ?? "GET"} ${inWords(config.url)}`.trim();
    default:
      return Object.values(config).map(inWords).filter(Boolean).join(" · ");
  }
}

export function triggerSummary(flow: Flow): string {
  return flow.mode === "sync" ? "POST · sync" : `POST · async · ${flow.trigger.answer?.status ?? 200}`;
}

function answerText({ status, body }: AnswerConfig): string {
  const text = body === undefined || body === null ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return `${status ?? 200}${text ? ` · ${inWords(text)}` : ""}`;
}

const SIGNS: Record<string, string> = {
  equal: "=",
  not_equal: "≠",
  greater: ">",
  greater_or_equal: "≥",
  less: "<",
  less_or_equal: "≤",
};

/** `status = "paid" and total > 100` */
export function ruleText(rule: Json | undefined): string {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return "";
  if (typeof rule.expression === "string") return rule.expression;
  for (const [name, word] of [
    ["all", " and "],
    ["any", " or "],
  ] as const) {
    const inner = rule[name];
    if (Array.isArray(inner))
      return inner.map((each) => (isGroup(each) ? `(${ruleText(each)})` : ruleText(each))).join(word);
  }
  const operator = String(rule.operator ?? "");
  const unary = ["is_empty", "is_not_empty", "is_null", "exists"].includes(operator);
  const sign = SIGNS[operator] ?? operator.replaceAll("_", " ");
  return unary ? `${inWords(rule.left)} ${sign}` : `${inWords(rule.left)} ${sign} ${quoted(rule.right)}`;
}

function isGroup(rule: Json): boolean {
  return typeof rule === "object" && rule !== null && !Array.isArray(rule) && ("all" in rule || "any" in rule);
}

function quoted(value: Json | undefined): string {
  return typeof value === "string" && !value.includes("{{") ? JSON.stringify(value) : inWords(value);
}

/** Templates without their braces and the root that everybody knows: `order.status`. */
function inWords(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  return value.replaceAll(/\{\{\s*(.*?)\s*\}\}/g, (_, inner: string) =>
    inner.replace(/^(trigger\.(body|query)|nodes)\./, ""),
  );
}
